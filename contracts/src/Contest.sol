// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Jobs} from "./Jobs.sol";
import {IBeacon} from "./interfaces/IBeacon.sol";
import {IEscrow} from "./interfaces/IEscrow.sol";
import {IUnitVerifier, Question} from "./interfaces/IUnitVerifier.sol";
import {IVerifierRouter} from "./interfaces/IVerifierRouter.sol";
import {Draws} from "./libraries/Draws.sol";
import {Lanes} from "./libraries/Lanes.sol";
import {Rounds} from "./libraries/Rounds.sol";
import {Receipt} from "./types/Receipt.sol";
import {Terms} from "./types/Terms.sol";

/// @notice The contested lane: a beacon's round draws units of a committed trace, the rig answers each draw, and is paid, or
/// loses its stake.
/// @dev What an answer must show, the job's verifier says. Here it is only asked, about the right question, once for each draw.
abstract contract Contest is Jobs {
    /// @inheritdoc IEscrow
    uint64 public constant MAX_JOB_TIME = 30 days;
    /// @inheritdoc IEscrow
    uint64 public constant PROVE_TIME = 1 days;
    /// @inheritdoc IEscrow
    uint64 public constant BEACON_GRACE = 7 days;

    uint32 private constant MAX_DRAWS = 64;

    /// @inheritdoc IEscrow
    IBeacon public immutable BEACON;
    /// @inheritdoc IEscrow
    IVerifierRouter public immutable ROUTER;

    mapping(bytes32 id => mapping(uint32 draw => bytes32)) private _progress;

    constructor(IBeacon beacon, IVerifierRouter router) {
        (BEACON, ROUTER) = (beacon, router);
    }

    /// @inheritdoc IEscrow
    function seed(Terms calldata terms) external nonReentrant {
        bytes32 id = jobId(terms);
        Job storage entry = _in(id, State.Committed);
        if (terms.verifier == 0) revert NotContested(id);
        if (entry.seededAt != 0) revert AlreadySeeded(id);
        uint64 until = terms.proveBy + BEACON_GRACE;
        if (block.timestamp >= until) revert TooLate(until);

        uint64 round = Rounds.deciding(BEACON, entry.committedAt);
        bytes32 value = Draws.seed(BEACON.randomness(round), id, entry.receipt);
        entry.seededAt = uint48(block.timestamp);
        entry.seed = value;
        emit Seeded(id, round, value);
    }

    /// @inheritdoc IEscrow
    function prove(Terms calldata terms, Receipt calldata receipt, uint32 draw, bytes calldata answer)
        external
        nonReentrant
    {
        bytes32 id = jobId(terms);
        Job storage entry = _undecided(id, terms, draw);
        bytes32 hash = receipt.hash();
        if (hash != entry.receipt) revert WrongReceipt(hash);

        bytes32 before = _progress[id][draw];
        bytes32 left = entry.verifier.decide(_question(id, entry, terms, receipt, draw, before), answer);
        if (left != before) _progress[id][draw] = left;
        emit Answered(id, draw, left);
        if (left != 0) return;

        uint96 decided = entry.decided | uint96(1) << draw;
        entry.decided = decided;
        if (decided != (uint96(1) << (terms.draws + 1)) - 1) return;
        uint96 paid = terms.price(entry.tokens) + terms.proofFee;
        entry.state = State.Proven;
        _pay(terms, paid);
        emit Proven(id, paid);
    }

    /// @inheritdoc IEscrow
    function restart(Terms calldata terms, uint32 draw) external nonReentrant {
        bytes32 id = jobId(terms);
        _undecided(id, terms, draw);
        _progress[id][draw] = 0;
        emit Restarted(id, draw);
    }

    /// @inheritdoc IEscrow
    function forfeit(Terms calldata terms) external nonReentrant {
        bytes32 id = jobId(terms);
        Job storage entry = _in(id, State.Committed);
        uint64 deadline = _proofDeadline(id, entry, terms);
        if (block.timestamp < deadline) revert TooEarly(deadline);

        emit Forfeited(id);
        _condemn(id, terms, entry);
    }

    /// @inheritdoc IEscrow
    function progress(bytes32 id, uint32 draw) external view returns (bytes32) {
        return _progress[id][draw];
    }

    /// @dev What decides the job's draws. Zero: nothing does, and the terms name nothing that would only count if something did.
    function _verifierFor(Terms calldata terms) internal view returns (IUnitVerifier verifier) {
        if (terms.verifier == 0) {
            bool clean = terms.record == 0 && terms.prompt == 0 && terms.promptTokens | terms.draws | terms.proveBy == 0;
            if (!clean) revert NoContestedLane();
            return verifier;
        }
        if (terms.record == 0) revert NoRecord();
        if (terms.prompt == 0 || terms.promptTokens == 0) revert NoPrompt();
        if (terms.draws == 0 || terms.draws > MAX_DRAWS) revert BadDraws(terms.draws);
        uint64 known = Rounds.settled(terms.commitBy);
        uint64 least = (known > terms.acknowledgeBy ? known : terms.acknowledgeBy) + PROVE_TIME;
        uint64 most = uint64(block.timestamp) + MAX_JOB_TIME;
        if (terms.proveBy < least || terms.proveBy > most) revert BadProveBy(terms.proveBy, least, most);

        verifier = ROUTER.verifierOf(terms.verifier);
        uint16 decidable = verifier.decidable();
        if (!Lanes.suffices(decidable)) revert VerifierDoesNotSuffice(terms.verifier, decidable);
    }

    /// @dev From when on the rig cannot prove: a beacon that was late takes no time from it.
    function _proofDeadline(bytes32 id, Job storage entry, Terms calldata terms) private view returns (uint64) {
        uint64 seededAt = entry.seededAt;
        if (seededAt == 0) revert NotSeeded(id);
        uint64 least = seededAt + PROVE_TIME;
        return terms.proveBy > least ? terms.proveBy : least;
    }

    /// @dev The job, if the caller may answer this draw now.
    function _undecided(bytes32 id, Terms calldata terms, uint32 draw) private view returns (Job storage entry) {
        entry = _in(id, State.Committed);
        if (msg.sender != terms.rig) revert NotRig(msg.sender);
        uint64 deadline = _proofDeadline(id, entry, terms);
        if (block.timestamp >= deadline) revert TooLate(deadline);
        if (draw > terms.draws) revert NoSuchDraw(draw);
        if (entry.decided >> draw & 1 != 0) revert AlreadyDecided(draw);
    }

    function _question(
        bytes32 id,
        Job storage entry,
        Terms calldata terms,
        Receipt calldata receipt,
        uint32 draw,
        bytes32 before
    ) private view returns (Question memory) {
        return Question({
            id: id,
            jobDigest: terms.jobDigest,
            record: terms.record,
            receipt: entry.receipt,
            settlementRoot: receipt.settlementRoot,
            prompt: terms.prompt,
            promptTokens: terms.promptTokens,
            tokens: entry.tokens,
            seed: entry.seed,
            draw: draw,
            draws: terms.draws,
            progress: before
        });
    }
}
