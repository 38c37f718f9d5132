// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {UnitClaims} from "./UnitClaims.sol";
import {IUnitVerifier, Question} from "./interfaces/IUnitVerifier.sol";
import {Bn254} from "./libraries/Bn254.sol";
import {Draws, Extent} from "./libraries/Draws.sol";
import {Heads} from "./libraries/Heads.sol";
import {Lanes} from "./libraries/Lanes.sol";
import {LinearUnit, LinearUnits} from "./libraries/LinearUnits.sol";
import {Products} from "./libraries/Products.sol";
import {Prompts} from "./libraries/Prompts.sol";
import {SettlementLeaf, SettlementTree} from "./libraries/SettlementTree.sol";
import {Statements} from "./libraries/Statements.sol";
import {Tensors} from "./libraries/Tensors.sol";
import {Part} from "./libraries/Units.sol";
import {Works} from "./libraries/Works.sol";
import {LinearAnswer, OpenedLeaf, UnitAnswer} from "./types/Answers.sol";
import {Circuits, Claim, Place} from "./types/Claim.sol";
import {ChunkLeaf, ModelRecord, ModelRecordLibrary} from "./types/ModelRecord.sol";
import {Subject} from "./types/Product.sol";
import {Kind, Unit} from "./types/Steps.sol";

/// @notice Decides units that it draws itself, of every kind.
/// @dev It has no state and no owner. All that a proof is about is computed here, or shown to be the rig's (settlement root),
/// the client's (prompt) or the model's (record).
contract UnitVerifier is IUnitVerifier {
    using LinearUnits for LinearUnit;

    bytes32 private constant QUESTION = keccak256("assay v1 question");
    /// With the chunk of the last token: what is left of the draw behind the last, once its sample is decided.
    uint256 private constant SAMPLED = 1 << 255;
    /// Says what proofs about units that are no matrix products must be about.
    UnitClaims private immutable CLAIMS = new UnitClaims();

    /// @notice The answer names another record than the terms.
    error WrongRecord(bytes32 got);
    /// @notice The statement has another number of leaves.
    error WrongLeafCount(uint256 got);
    /// @notice A job without a prompt or without tokens has no positions, and none has more than the model's context.
    error BadPositions(uint256 positions);
    /// @notice The step machine is not defined for the record's shape.
    error BadShape();
    /// @notice The job has no draw of this number.
    error NoSuchDraw(uint32 draw);
    /// @notice This is not what an earlier answer left open of the draw.
    error UnknownProgress(bytes32 progress);
    /// @notice A leaf of zero would stand for a step without a residual.
    error ZeroLeaf();
    /// @notice The answer has something that its unit has no use for.
    error Superfluous();

    /// @inheritdoc IUnitVerifier
    function decidable() external pure returns (uint16) {
        return Lanes.ALL_KINDS;
    }

    /// @inheritdoc IUnitVerifier
    function decide(Question calldata question, bytes calldata answer) external view returns (bytes32) {
        LinearAnswer calldata linear;
        UnitAnswer calldata other;
        // Read in place: a copy of its paths would cost more than looking at them. What lies outside of `answer` is not what
        // the record, the root and the equations ask for.
        assembly ("memory-safe") {
            linear := add(answer.offset, 0x20)
            other := linear
        }
        // Either answer begins with the record.
        ModelRecord memory record = linear.record;
        bytes32 id = record.id();
        if (id != question.record) revert WrongRecord(id);
        Extent memory extent = extentOf(question, record);
        Unit memory unit = unitOf(question, extent);
        Kind kind = Works.kindOf(record.shape, unit.step);
        if (!LinearUnits.isLinear(kind)) return decideUnit(question, other, record, extent, unit, kind);
        decideLinear(question, linear, record, extent, unit);
        return 0;
    }

    /// @notice The unit that an answer to the question must be about.
    function unitOf(Question calldata question, ModelRecord calldata record) external pure returns (Unit memory) {
        return unitOf(question, extentOf(question, record));
    }

    /// @dev The draw behind the last is no draw: at the last position, the sample, and then the chunk of head with its token.
    function unitOf(Question calldata question, Extent memory extent) private pure returns (Unit memory) {
        if (question.draw < question.draws) return Draws.unit(question.seed, extent, question.draw);
        if (question.draw > question.draws) revert NoSuchDraw(question.draw);
        bool sampled = question.progress != 0;
        uint256 chunk = sampled ? uint256(question.progress) ^ SAMPLED : 0;
        if (chunk >= Works.unitCount(extent.shape, Kind.Head)) revert UnknownProgress(question.progress);
        (Unit memory head, Unit memory sample) = Draws.always(extent, uint32(Works.CHUNK * chunk));
        return sampled ? head : sample;
    }

    /// @dev Reverts unless the answer shows that the unit is what the rig committed to, or the part of it that is shown.
    function decideUnit(
        Question calldata question,
        UnitAnswer calldata answer,
        ModelRecord memory record,
        Extent memory extent,
        Unit memory unit,
        Kind kind
    ) private view returns (bytes32 left) {
        left = progressOf(question, answer, unit, kind);
        Claim memory claim = CLAIMS.describe(
            record.shape, unit, question.promptTokens, Part(answer.stage, answer.position, answer.chunk)
        );
        bytes32 circuit = ModelRecordLibrary.circuitId(claim.circuit, claim.shape);
        record.requireKey(answer.keyIndex, circuit, answer.key, answer.keyPath);
        uint256[] memory fields = fieldsOf(question, answer, record, extent, claim);
        Statements.requireTrue(contextOf(question), circuit, fields, answer.key, answer.digest, answer.proof);
    }

    /// @dev What this answer leaves open. Reverts unless it goes on where the answer before it stopped.
    function progressOf(Question calldata question, UnitAnswer calldata answer, Unit memory unit, Kind kind)
        private
        pure
        returns (bytes32)
    {
        if (kind != Kind.Sample && answer.chunk != 0) revert Superfluous();
        bool reads = kind == Kind.Attention && answer.stage == Heads.BLOCK_STAGE;
        if (!reads && answer.position != 0) revert Superfluous();
        if (kind != Kind.Attention) {
            if (answer.stage != 0) revert Superfluous();
            if (question.progress != 0) revert UnknownProgress(question.progress);
            return question.draw == question.draws ? bytes32(SAMPLED | answer.chunk) : bytes32(0);
        }
        // A head may be begun anew at any time: what was shown of it before is forgotten.
        if (answer.stage == Heads.QUERY_STAGE) return Heads.progress(0, answer.stateOut);
        uint256 position = reads ? answer.position : uint256(unit.t) + 1;
        if (question.progress != Heads.progress(position, answer.stateIn)) revert UnknownProgress(question.progress);
        if (!reads) return 0;
        return Heads.progress(position + Heads.blockLength(unit.t, position), answer.stateOut);
    }

    /// @dev The fields of the statement, all of them shown to be what the claim says.
    function fieldsOf(
        Question calldata question,
        UnitAnswer calldata answer,
        ModelRecord memory record,
        Extent memory extent,
        Claim memory claim
    ) private pure returns (uint256[] memory fields) {
        fields = new uint256[](claim.fieldCount());
        uint256 next = leafFields(question, answer, extent, claim, fields);
        (fields[next], fields[next + 1]) = halves(question.jobDigest);
        next += 2;
        for (uint256 i = 0; i < claim.openings.length; i++) {
            fields[next++] = claim.openings[i];
        }
        if (claim.prompted) {
            Prompts.requireToken(
                question.prompt, question.promptTokens, claim.places[0].t, answer.promptToken, answer.promptPath
            );
            fields[next++] = answer.promptToken;
        } else if (answer.promptToken != 0 || answer.promptPath.length != 0) {
            revert Superfluous();
        }
        for (uint256 i = 0; i < claim.numbers.length; i++) {
            fields[next++] = claim.numbers[i];
        }
        if (claim.parameter.what != 0) {
            record.requireParameter(claim.parameter, answer.parameter, answer.parameterIndex, answer.parameterPath);
            fields[next++] = answer.parameter;
        } else if (answer.parameter != 0 || answer.parameterIndex != 0 || answer.parameterPath.length != 0) {
            revert Superfluous();
        }
        if (claim.reads) fields[next++] = answer.stateIn;
        else if (answer.stateIn != 0) revert Superfluous();
        if (claim.writes) fields[next++] = answer.stateOut;
        else if (answer.stateOut != 0) revert Superfluous();
        Statements.requireScalars(fields);
    }

    /// @dev Halves and place of every leaf, each shown to be in the trace.
    function leafFields(
        Question calldata question,
        UnitAnswer calldata answer,
        Extent memory extent,
        Claim memory claim,
        uint256[] memory fields
    ) private pure returns (uint256 next) {
        uint256 count = claim.places.length;
        if (answer.leaves.length != count) revert WrongLeafCount(answer.leaves.length);
        for (uint256 i = 0; i < count + claim.repeats; i++) {
            uint256 which = i < count ? i : count - 1;
            Place memory place = claim.places[which];
            OpenedLeaf calldata opened = answer.leaves[which];
            if (i < count) {
                uint256 length = Tensors.length(extent.shape, place.kind);
                requireLeaf(question, extent, opened, place.t, place.step, length);
            }
            (fields[next], fields[next + 1]) = halves(opened.leaf);
            fields[next + 2] = place.t | place.step << 32 | uint256(place.kind) << 64;
            next += 3;
        }
    }

    /// @dev Reverts unless the answer shows that the chunk is what the rig committed to.
    function decideLinear(
        Question calldata question,
        LinearAnswer calldata answer,
        ModelRecord memory record,
        Extent memory extent,
        Unit memory unit
    ) private view {
        // Of the draw behind the last, the progress has named the chunk.
        if (question.draw < question.draws && question.progress != 0) revert UnknownProgress(question.progress);
        LinearUnit memory linear = LinearUnits.describe(record.shape, unit);

        ChunkLeaf memory chunk = ChunkLeaf(unit.step, unit.unit, answer.exponent, answer.commitment);
        record.requireChunk(answer.chunkIndex, chunk, answer.chunkPath);
        bytes32 circuit = ModelRecordLibrary.circuitId(Circuits.LINEAR, linear.circuitShape());
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
        Bn254.requireScalar(answer.accumulators);
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
                question.prompt,
                question.seed,
                question.promptTokens,
                question.tokens,
                question.draw,
                question.draws
            )
        );
    }

    function extentOf(Question calldata question, ModelRecord memory record) private pure returns (Extent memory) {
        if (!record.shape.isValid()) revert BadShape();
        uint256 positions = uint256(question.promptTokens) + question.tokens;
        bool some = question.promptTokens != 0 && question.tokens != 0;
        if (!some || --positions > record.shape.context) revert BadPositions(positions);
        return Extent(record.shape, uint32(positions), question.promptTokens - 1);
    }

    /// @dev A digest is two fields, its high half before its low one.
    function halves(bytes32 digest) private pure returns (uint256, uint256) {
        return (uint256(digest) >> 128, uint256(digest) & type(uint128).max);
    }
}
