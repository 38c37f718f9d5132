// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Escrow} from "../../src/Escrow.sol";
import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {VerifierRouter} from "../../src/VerifierRouter.sol";
import {Asset} from "../../src/types/Asset.sol";
import {Receipt} from "../../src/types/Receipt.sol";
import {Terms} from "../../src/types/Terms.sol";
import {BeaconDouble} from "../support/BeaconDouble.sol";
import {Test} from "../support/Test.sol";
import {Token} from "../support/Tokens.sol";
import {VerifierDouble} from "../support/VerifierDouble.sol";
import {Typed} from "../support/Typed.sol";

/// @notice Two clients, two rigs and a stranger who do anything, in any order, well or badly, and what must be so of it.
/// @dev Calls that the escrow refuses are part of the game. What succeeds is booked here a second time.
abstract contract Handler is Test {
    bytes4 internal constant VERIFIER = 0x61737901;

    uint256[2] private CLIENT_KEYS = [0xC1, 0xC2];
    uint256[2] private RIG_KEYS = [0xA1, 0xA2];
    address private constant STRANGER = address(0x57A);

    Token public immutable token;
    Escrow public immutable escrow;
    BeaconDouble internal immutable beacon;
    VerifierRouter private immutable router;
    address[6] public accounts;

    Terms[] internal _terms;
    bytes32[] internal _ids;
    mapping(bytes32 id => IEscrow.State) private _ended;
    mapping(bytes32 id => uint256) private _endedAt;
    mapping(bytes32 id => bool) internal _paid;

    /// @notice Jobs that came to each state, to see that the game reaches all of them.
    mapping(IEscrow.State => uint256) public reached;
    /// @notice What is false of what happened; empty if all is well.
    string public broken;
    uint256 public lateSlashes;

    constructor() {
        token = new Token();
        beacon = new BeaconDouble(1_799_000_000, 3);
        router = new VerifierRouter(address(this));
        router.add(VERIFIER, new VerifierDouble(0x3fff));
        escrow = new Escrow(Asset.wrap(address(token)), STRANGER, beacon, router);
        accounts = [
            vm.addr(CLIENT_KEYS[0]),
            vm.addr(CLIENT_KEYS[1]),
            vm.addr(RIG_KEYS[0]),
            vm.addr(RIG_KEYS[1]),
            escrow.BURN(),
            STRANGER
        ];
        for (uint256 i = 0; i < accounts.length; i++) {
            token.mint(accounts[i], 1e24);
            vm.prank(accounts[i]);
            token.approve(address(escrow), type(uint256).max);
        }
        vm.warp(1_800_000_000);
    }

    // The moves.

    function wait(uint32 time) external {
        vm.warp(block.timestamp + bound(time, 1, 3 days));
    }

    function bond(uint8 rig, uint96 amount) external {
        vm.prank(accounts[2 + rig % 2]);
        escrow.bond(uint96(bound(amount, 0, 6000)));
    }

    function unbond(uint8 rig, uint96 amount) external {
        vm.prank(accounts[2 + rig % 2]);
        try escrow.unbond(uint96(bound(amount, 0, 4000))) {} catch {}
    }

    function release(uint8 rig) external {
        vm.prank(accounts[2 + rig % 2]);
        try escrow.release() {} catch {}
    }

    function withdraw(uint8 who, uint8 to) external {
        vm.prank(accounts[who % 6]);
        escrow.withdraw(accounts[to % 6]);
    }

    function burn() external {
        escrow.burn();
    }

    function open(uint8 who, uint32 most, uint96 price, uint96 stake, uint32 first, uint32 second) external {
        openAs(
            Terms({
                client: accounts[who % 2],
                rig: accounts[2 + (who / 2) % 2],
                jobDigest: keccak256(abi.encode("job", _terms.length)),
                manifest: 0,
                record: 0,
                verifier: 0,
                prompt: 0,
                promptTokens: 0,
                maxTokens: uint32(bound(most, 1, 50)),
                draws: 0,
                pricePerToken: uint96(bound(price, 0, 90)),
                proofFee: uint96(bound(price, 0, 500)),
                stake: uint96(bound(stake, 0, 2000)),
                commitBy: uint64(block.timestamp + bound(first, 1, 10 days)),
                acknowledgeBy: uint64(block.timestamp + bound(second, 10 days + 1, 30 days)),
                proveBy: 0
            })
        );
    }

    function openAs(Terms memory terms) internal {
        vm.prank(terms.client);
        escrow.open(terms);
        _terms.push(terms);
        _ids.push(idOf(terms));
    }

    function commit(uint256 which, uint32 tokens) external {
        if (_terms.length == 0) return;
        Terms memory terms = pick(which, IEscrow.State.Open);
        (Receipt memory receipt, bytes memory signature) = receiptOf(terms, uint32(bound(tokens, 1, terms.maxTokens)));
        vm.prank(terms.rig);
        try escrow.commit(terms, receipt, signature) {} catch {}
        look();
    }

    function acknowledge(uint256 which, uint32 tokens, uint8 who) external {
        if (_terms.length == 0) return;
        Terms memory terms = _terms[which % _terms.length];
        bytes32 id = idOf(terms);
        IEscrow.Job memory job = escrow.job(id);
        tokens = who % 4 == 0 ? uint32(bound(tokens, 0, job.tokens)) : job.tokens;
        uint256 before = escrow.account(terms.rig).credit;
        bytes memory signature =
            signed(keyOf(terms.client), Typed.digest(address(escrow), Typed.acknowledgement(id, job.receipt, tokens)));
        vm.prank(accounts[who % 6]);
        try escrow.acknowledge(terms, tokens, signature) {
            uint256 paid = escrow.account(terms.rig).credit - before;
            bool late = block.timestamp >= terms.acknowledgeBy;
            bool owesFee = late && accounts[who % 6] == terms.client;
            if (late && terms.verifier == 0) broken = "an acknowledgement was too late";
            if (_paid[id]) broken = "a job was paid twice";
            if (paid != uint256(terms.pricePerToken) * tokens + (owesFee ? terms.proofFee : 0)) {
                broken = "another price was paid";
            }
            _paid[id] = true;
        } catch {}
        look();
    }

    function refund(uint256 which, uint8 who) external {
        if (_terms.length == 0) return;
        Terms memory terms = _terms[which % _terms.length];
        vm.prank(accounts[who % 6]);
        try escrow.refund(terms) {} catch {}
        look();
    }

    function expire(uint256 which) external {
        if (_terms.length == 0) return;
        Terms memory terms = pick(which, IEscrow.State.Committed);
        try escrow.expire(terms) {} catch {}
        look();
    }

    function slash(uint256 which) external {
        if (_terms.length == 0) return;
        Terms memory terms = pick(which, which % 8 == 0 ? IEscrow.State.Committed : IEscrow.State.Acknowledged);
        bytes32 id = idOf(terms);
        IEscrow.Job memory before = escrow.job(id);
        (Receipt memory a, bytes memory firstSignature) = receiptOf(terms, 1);
        (Receipt memory b, bytes memory secondSignature) = receiptOf(terms, 2);
        uint256 burned = escrow.account(escrow.BURN()).credit;
        uint256 reachable = escrow.account(terms.rig).free + escrow.account(terms.rig).unbonding;
        try escrow.slash(terms, a, firstSignature, b, secondSignature) {
            uint256 taken = escrow.job(id).slashed - before.slashed;
            if (2 * (escrow.account(escrow.BURN()).credit - burned) < taken) broken = "less than half was burned";
            bool live = before.state == IEscrow.State.Committed;
            uint256 owed = terms.stake - before.slashed;
            if (live && taken != terms.stake) broken = "a live job's stake was not all there";
            if (!live && taken != (owed < reachable ? owed : reachable)) broken = "stake in reach was left";
            if (!live) lateSlashes++;
        } catch {
            if (before.state == IEscrow.State.Committed) broken = "a live job could not be slashed";
            bool owes = _endedAt[id] != 0 && before.committedAt != 0 && before.slashed < terms.stake;
            if (owes && reachable != 0) broken = "stake in reach could not be slashed";
        }
        look();
    }

    // What must be so.

    /// @notice All that the escrow owes: credit, stake in every form, and the money of live jobs.
    function obligations() external view returns (uint256 owed) {
        for (uint256 i = 0; i < accounts.length; i++) {
            owed += uint256(escrow.account(accounts[i]).credit) + escrow.account(accounts[i]).free
            + escrow.account(accounts[i]).unbonding;
        }
        for (uint256 i = 0; i < _terms.length; i++) {
            IEscrow.State state = escrow.job(idOf(_terms[i])).state;
            if (state == IEscrow.State.Open || state == IEscrow.State.Committed) owed += escrowOf(_terms[i]);
            if (state == IEscrow.State.Committed) owed += _terms[i].stake;
        }
    }

    /// @notice Ends every job without its client and its rig, and takes all money out.
    function endAll() external {
        vm.warp(block.timestamp + escrow.MAX_JOB_TIME() + escrow.BEACON_GRACE() + escrow.PROVE_TIME());
        for (uint256 i = 0; i < _terms.length; i++) {
            IEscrow.State state = escrow.job(idOf(_terms[i])).state;
            vm.startPrank(STRANGER);
            if (state == IEscrow.State.Open) escrow.refund(_terms[i]);
            bool isDrawn = escrow.job(idOf(_terms[i])).seededAt != 0;
            if (state == IEscrow.State.Committed && isDrawn) escrow.forfeit(_terms[i]);
            if (state == IEscrow.State.Committed && !isDrawn) escrow.expire(_terms[i]);
            vm.stopPrank();
            state = escrow.job(idOf(_terms[i])).state;
            if (state <= IEscrow.State.Committed) broken = "a job did not end";
        }
        for (uint256 i = 0; i < accounts.length; i++) {
            vm.startPrank(accounts[i]);
            escrow.unbond(escrow.account(accounts[i]).free);
            vm.warp(block.timestamp + escrow.UNBONDING_TIME());
            escrow.release();
            escrow.withdraw(accounts[i]);
            vm.stopPrank();
        }
    }

    /// @dev Keeps how each job ended, and sees that it stays so.
    function look() internal {
        for (uint256 i = 0; i < _ids.length; i++) {
            bytes32 id = _ids[i];
            IEscrow.State state = escrow.job(id).state;
            if (_ended[id] != IEscrow.State.None) {
                if (state != _ended[id]) broken = "a job left its last state";
            } else if (state > IEscrow.State.Committed) {
                (_ended[id], _endedAt[id]) = (state, block.timestamp);
                reached[state]++;
            }
        }
    }

    /// @dev Mostly the next job that is in this state, so that games come to something; else any.
    function pick(uint256 which, IEscrow.State wanted) internal view returns (Terms memory) {
        uint256 count = _terms.length;
        for (uint256 i = 0; i < count && which / count % 4 != 0; i++) {
            uint256 next = (which % count + i) % count;
            if (escrow.job(_ids[next]).state == wanted) return _terms[next];
        }
        return _terms[which % count];
    }

    function idOf(Terms memory terms) internal view returns (bytes32) {
        return Typed.digest(address(escrow), Typed.hash(terms));
    }

    function escrowOf(Terms memory terms) private pure returns (uint256) {
        return uint256(terms.pricePerToken) * terms.maxTokens + terms.proofFee;
    }

    function keyOf(address owner) private view returns (uint256) {
        if (owner == accounts[0]) return CLIENT_KEYS[0];
        if (owner == accounts[1]) return CLIENT_KEYS[1];
        return owner == accounts[2] ? RIG_KEYS[0] : RIG_KEYS[1];
    }

    function receiptOf(Terms memory terms, uint32 tokens) internal view returns (Receipt memory r, bytes memory s) {
        r = Receipt({
            job: terms.jobDigest,
            tokensRoot: 0,
            tokenCount: tokens,
            tip: 0,
            positionsRoot: 0,
            settlementRoot: keccak256("settlement"),
            rig: terms.rig
        });
        s = signed(keyOf(terms.rig), Typed.digest(address(escrow), Typed.hash(r)));
    }
}
