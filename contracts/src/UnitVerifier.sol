// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {IUnitVerifier, Question} from "./interfaces/IUnitVerifier.sol";
import {Draws, Extent} from "./libraries/Draws.sol";
import {Lanes} from "./libraries/Lanes.sol";
import {LinearUnit, LinearUnits} from "./libraries/LinearUnits.sol";
import {Products} from "./libraries/Products.sol";
import {SettlementLeaf, SettlementTree} from "./libraries/SettlementTree.sol";
import {ChunkLeaf, ModelRecord, ModelRecordLibrary} from "./types/ModelRecord.sol";
import {G1} from "./libraries/Bn254.sol";
import {CircuitKey, Powers, ProductProof, Subject} from "./types/Product.sol";
import {ShapeLibrary} from "./types/Shape.sol";
import {Unit} from "./types/Steps.sol";

/// @notice A leaf of the trace, with its way to the settlement root. Which leaf it is the contract knows.
struct OpenedLeaf {
    bytes32 tokens;
    bytes32 leaf;
    bytes32[] path;
}

/// @notice An answer about a chunk of a linear step.
struct LinearAnswer {
    ModelRecord record;
    /// Leaves of input, output, and, for o and down, residual.
    OpenedLeaf[] leaves;
    /// The chunk in the record.
    uint32 exponent;
    G1 commitment;
    uint32 chunkIndex;
    bytes32[] chunkPath;
    /// The circuit's key in the record.
    CircuitKey key;
    Powers powers;
    uint32 keyIndex;
    bytes32[] keyPath;
    /// Salted digest of the accumulators.
    uint256 accumulators;
    ProductProof proof;
}

/// @notice Decides units that it draws itself: chunks of linear steps, and nothing else yet.
/// @dev It has no state and no owner. Since it does not decide every kind, no escrow pays on its word: `Lanes`.
contract UnitVerifier is IUnitVerifier {
    using LinearUnits for LinearUnit;

    bytes32 private constant QUESTION = keccak256("assay v1 question");
    /// Number of the circuit of linear chunks.
    uint256 private constant LINEAR = 0;

    /// @notice The answer names another record than the terms.
    error WrongRecord(bytes32 got);
    /// @notice The step has another number of leaves.
    error WrongLeafCount(uint256 got);
    /// @notice A job without a prompt or without tokens has no positions, and none has more than 2^16.
    error BadPositions(uint256 positions);
    /// @notice The step machine is not defined for the record's shape.
    error BadShape();
    /// @notice The job has no draw of this number that is decided here.
    error NoSuchDraw(uint32 draw);
    /// @notice A chunk is decided at once: nothing of it can be left open.
    error UnknownProgress(bytes32 progress);
    /// @notice A leaf of zero would stand for a step without a residual.
    error ZeroLeaf();

    /// @inheritdoc IUnitVerifier
    function decidable() external pure returns (uint16) {
        return Lanes.LINEAR_KINDS;
    }

    /// @inheritdoc IUnitVerifier
    function decide(Question calldata question, bytes calldata answer) external view returns (bytes32) {
        LinearAnswer calldata linear;
        // Read in place: a copy of its paths would cost more than looking at them. What lies outside of `answer` is not what
        // the record, the root and the equations ask for.
        assembly ("memory-safe") {
            linear := add(answer.offset, 0x20)
        }
        decideLinear(question, linear);
        return 0;
    }

    /// @notice The unit of a draw. Number `question.draws` is not drawn.
    function unitOf(Question calldata question, ModelRecord calldata record) external pure returns (Unit memory) {
        return Draws.unit(question.seed, extentOf(question, record), question.draw);
    }

    /// @notice Reverts unless the answer shows that the drawn chunk is what the rig committed to.
    function decideLinear(Question calldata question, LinearAnswer calldata answer) private view {
        ModelRecord memory record = answer.record;
        bytes32 id = record.id();
        if (id != question.record) revert WrongRecord(id);
        if (question.draw >= question.draws) revert NoSuchDraw(question.draw);
        if (question.progress != 0) revert UnknownProgress(question.progress);
        Extent memory extent = extentOf(question, record);
        Unit memory unit = Draws.unit(question.seed, extent, question.draw);
        LinearUnit memory linear = LinearUnits.describe(record.shape, unit);

        ChunkLeaf memory chunk = ChunkLeaf(unit.step, unit.unit, answer.exponent, answer.commitment);
        record.requireChunk(answer.chunkIndex, chunk, answer.chunkPath);
        bytes32 circuit = ModelRecordLibrary.circuitId(LINEAR, linear.circuitShape());
        record.requireKey(answer.keyIndex, circuit, answer.key, answer.powers, answer.keyPath);

        Products.requireProduct(
            answer.key, answer.powers, subjectOf(question, answer, extent, unit, linear), answer.proof
        );
    }

    /// @dev What the proof must be about, all of it shown to be the rig's or known to be the model's.
    function subjectOf(
        Question calldata question,
        LinearAnswer calldata answer,
        Extent memory extent,
        Unit memory unit,
        LinearUnit memory linear
    ) private pure returns (Subject memory) {
        uint256 leaves = linear.hasResidual ? 3 : 2;
        if (answer.leaves.length != leaves) revert WrongLeafCount(answer.leaves.length);
        requireLeaf(question, extent, answer.leaves[0], unit.t, unit.step - 1, linear.inputLength);
        requireLeaf(question, extent, answer.leaves[1], unit.t, unit.step, linear.length);
        bytes32 residual;
        if (linear.hasResidual) {
            residual = answer.leaves[2].leaf;
            if (residual == 0) revert ZeroLeaf();
            requireLeaf(question, extent, answer.leaves[2], unit.t, linear.residualStep, linear.length);
        }
        return Subject({
            context: contextOf(question),
            commitment: answer.commitment,
            width: linear.width,
            unit: linear.field(unit, answer.exponent),
            inputLeaf: answer.leaves[0].leaf,
            outputLeaf: answer.leaves[1].leaf,
            residualLeaf: residual,
            job: question.jobDigest,
            accumulators: answer.accumulators
        });
    }

    function requireLeaf(
        Question calldata question,
        Extent memory extent,
        OpenedLeaf calldata opened,
        uint256 t,
        uint256 step,
        uint256 length
    ) private pure {
        SettlementLeaf memory leaf = SettlementLeaf(
            question.jobDigest, uint32(t), uint32(step), opened.tokens, opened.leaf, uint32(length)
        );
        SettlementTree.requireIn(question.settlementRoot, extent, leaf, opened.path);
    }

    /// @dev Binds a proof to its draw.
    function contextOf(Question calldata question) private pure returns (bytes32) {
        return keccak256(
            abi.encode(
                QUESTION,
                question.id,
                question.jobDigest,
                question.record,
                question.receipt,
                question.settlementRoot,
                question.seed,
                question.draw
            )
        );
    }

    function extentOf(Question calldata question, ModelRecord memory record) private pure returns (Extent memory) {
        if (!record.shape.isValid()) revert BadShape();
        uint256 positions = uint256(question.promptTokens) + question.tokens;
        bool some = question.promptTokens != 0 && question.tokens != 0;
        if (!some || --positions > ShapeLibrary.MAX_POSITIONS) revert BadPositions(positions);
        return Extent(record.shape, uint32(positions), question.promptTokens - 1);
    }
}
