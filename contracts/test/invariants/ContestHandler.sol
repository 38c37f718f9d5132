// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {Receipt} from "../../src/types/Receipt.sol";
import {Terms} from "../../src/types/Terms.sol";
import {Handler} from "./Handler.sol";

/// @notice The same game with jobs in the contested lane too: some beacons stay away, some rigs prove, some are silent.
contract ContestHandler is Handler {
    mapping(bytes32 id => uint256) private _decided;
    /// @notice Jobs whose rig did not prove, and jobs whose beacon stayed away.
    uint256 public forfeits;
    uint256 public abandoned;

    function openContested(uint256 who, uint256 money, uint256 times, uint256 draws) external {
        uint64 commitBy = uint64(block.timestamp + bound(times % (1 << 32), 1, 10 days));
        uint64 acknowledgeBy = commitBy + uint64(bound((times >> 8) % (1 << 32), 1, 9 days));
        uint64 known = commitBy + 13 minutes + 30 seconds;
        uint64 proveBy = (known > acknowledgeBy ? known : acknowledgeBy) + 1 days;
        openAs(
            Terms({
                client: accounts[who % 2],
                rig: accounts[2 + (who / 2) % 2],
                jobDigest: keccak256(abi.encode("job", _terms.length)),
                manifest: 0,
                record: keccak256("record"),
                verifier: VERIFIER,
                prompt: keccak256("prompt"),
                promptTokens: 1,
                maxTokens: uint32(bound(money, 1, 50)),
                draws: uint32(bound(draws, 1, 3)),
                pricePerToken: uint96(bound(money, 0, 90)),
                proofFee: uint96(bound(money, 0, 500)),
                stake: uint96(bound(money, 0, 1500)),
                commitBy: commitBy,
                acknowledgeBy: acknowledgeBy,
                proveBy: proveBy + uint64(times % 4) * 2 days
            })
        );
    }

    function seed(uint256 which) external {
        if (_terms.length == 0) return;
        seedOne(pickContested(which));
        look();
    }

    /// @dev One round in four stays away.
    function seedOne(Terms memory terms) private {
        bytes32 id = idOf(terms);
        IEscrow.Job memory before = escrow.job(id);
        uint64 round = (uint64(block.timestamp) - 1_799_000_000) / 3;
        if (before.committedAt != 0) round = (before.committedAt + 810 - 1_799_000_000) / 3 + 2;
        bool known = uint256(keccak256(abi.encode(round))) % 4 != 0;
        if (known) beacon.set(round, keccak256(abi.encode(id)));
        bool due = known && before.state == IEscrow.State.Committed && terms.verifier != 0 && before.seededAt == 0
            && block.timestamp < terms.proveBy + 7 days;
        try escrow.seed(terms) {
            if (!due) broken = "draws became known that must not";
        } catch {
            if (due) broken = "draws could not become known";
        }
    }

    function prove(uint256 which, uint256 draw, uint256 answer) external {
        if (_terms.length == 0) return;
        Terms memory terms = pickContested(which);
        answerOne(terms, uint32(draw % (terms.draws + 2)), answer);
        look();
    }

    /// A rig that does what it should; one job in three has one that does not.
    function proveAll(uint256 which) external {
        if (_terms.length == 0) return;
        Terms memory terms = pickContested(which);
        seedOne(terms);
        if (uint256(idOf(terms)) % 3 == 0) return;
        for (uint32 draw = 0; draw <= terms.draws; draw++) {
            answerOne(terms, draw, 2);
        }
        look();
    }

    function restart(uint256 which, uint256 draw) external {
        if (_terms.length == 0) return;
        Terms memory terms = pickContested(which);
        vm.prank(terms.rig);
        try escrow.restart(terms, uint32(draw % (terms.draws + 2))) {} catch {}
        look();
    }

    function forfeit(uint256 which) external {
        if (_terms.length == 0) return;
        Terms memory terms = pickContested(which);
        bytes32 id = idOf(terms);
        IEscrow.Job memory before = escrow.job(id);
        bool due = before.state == IEscrow.State.Committed && before.seededAt != 0 && block.timestamp >= deadline(terms);
        uint256 burned = escrow.account(escrow.BURN()).credit;
        try escrow.forfeit(terms) {
            if (!due) broken = "a job was forfeited that must not";
            if (_decided[id] == all(terms)) broken = "a proven job was forfeited";
            if (escrow.job(id).slashed != terms.stake) broken = "another stake was taken";
            if (2 * (escrow.account(escrow.BURN()).credit - burned) < terms.stake) {
                broken = "less than half was burned";
            }
            forfeits++;
        } catch {
            if (due) broken = "a silent rig could not be made to pay";
        }
        look();
    }

    function expireContested(uint256 which) external {
        if (_terms.length == 0) return;
        Terms memory terms = pickContested(which);
        if (terms.verifier == 0) return;
        IEscrow.Job memory before = escrow.job(idOf(terms));
        bool due = before.state == IEscrow.State.Committed && before.seededAt == 0
            && block.timestamp >= terms.proveBy + 7 days;
        try escrow.expire(terms) {
            if (!due) broken = "a contested job expired that must not";
            abandoned++;
        } catch {
            if (due) broken = "a job without a beacon did not expire";
        }
        look();
    }

    /// @dev 0: the verifier refuses it; 1: something is left; 2: decided; 3: somebody else sends it.
    function answerOne(Terms memory terms, uint32 draw, uint256 answer) private {
        bytes32 id = idOf(terms);
        IEscrow.Job memory before = escrow.job(id);
        if (before.state == IEscrow.State.None) return;
        uint256 credit = escrow.account(terms.rig).credit;
        (Receipt memory receipt,) = receiptOf(terms, before.tokens);
        bytes memory shown = answer % 4 == 0 ? bytes("") : abi.encode(answer % 4 == 1 ? keccak256("left") : bytes32(0));
        vm.prank(answer % 4 == 3 ? terms.client : terms.rig);
        try escrow.prove(terms, receipt, draw, shown) {
            bool allowed = before.state == IEscrow.State.Committed && before.seededAt != 0 && draw <= terms.draws
                && block.timestamp < deadline(terms) && _decided[id] >> draw & 1 == 0;
            if (!allowed || answer % 4 == 0 || answer % 4 == 3) broken = "an answer was taken that must not";
            if (answer % 4 == 2) _decided[id] |= 1 << draw;
            bool isProven = escrow.job(id).state == IEscrow.State.Proven;
            if (isProven != (_decided[id] == all(terms))) broken = "paid for some draws, or not for all";
            uint256 paid = escrow.account(terms.rig).credit - credit;
            uint256 price = uint256(terms.pricePerToken) * before.tokens + terms.proofFee;
            if (paid != (isProven ? price : 0)) broken = "another price was paid";
            if (isProven && _paid[id]) broken = "a job was paid twice";
            if (isProven) _paid[id] = true;
        } catch {}
    }

    /// @dev The next contested job that is committed, or any job if there is none.
    function pickContested(uint256 which) private view returns (Terms memory) {
        for (uint256 i = 0; i < _terms.length; i++) {
            uint256 next = (which % _terms.length + i) % _terms.length;
            IEscrow.Job memory job = escrow.job(_ids[next]);
            if (address(job.verifier) != address(0) && job.state == IEscrow.State.Committed) return _terms[next];
        }
        return pick(which, IEscrow.State.Committed);
    }

    function deadline(Terms memory terms) private view returns (uint256) {
        uint256 least = uint256(escrow.job(idOf(terms)).seededAt) + 1 days;
        return terms.proveBy > least ? terms.proveBy : least;
    }

    function all(Terms memory terms) private pure returns (uint256) {
        return (1 << (terms.draws + 1)) - 1;
    }
}
