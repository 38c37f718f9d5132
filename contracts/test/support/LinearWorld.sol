// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Bn254, G1} from "../../src/libraries/Bn254.sol";
import {LinearUnit, LinearUnits} from "../../src/libraries/LinearUnits.sol";
import {Challenges, Transcript} from "../../src/libraries/Transcript.sol";
import {Works} from "../../src/libraries/Works.sol";
import {LinearAnswer, OpenedLeaf} from "../../src/types/Answers.sol";
import {Place} from "../../src/types/Claim.sol";
import {ModelRecordLibrary} from "../../src/types/ModelRecord.sol";
import {Powers, ProductProof, Subject} from "../../src/types/Product.sol";
import {SparseTree} from "./SparseTree.sol";
import {Trapdoor} from "./Trapdoor.sol";
import {UnitWorld} from "./UnitWorld.sol";

/// @notice Answers about matrix products whose rows of weights are all zero, in the same world.
/// @dev Every commitment is then the identity and every opening 0; the circuit's proof is made from the key's secrets.
abstract contract LinearWorld is UnitWorld {
    using LinearUnits for LinearUnit;

    uint32 internal constant EXPONENT = 150;
    uint32 private constant CHUNK_PLACE = 33;

    LinearAnswer internal linear;

    function powersOf() private pure returns (Powers memory) {
        return Powers(Trapdoor.twice(), Trapdoor.thrice());
    }

    /// @notice What the unit reads and writes is put into the trees.
    function addLinear() internal {
        LinearUnit memory described = LinearUnits.describe(record.shape, unit);
        Place[] memory read = leavesOf(described);
        for (uint256 i = 0; i < read.length; i++) {
            addPlace(read[i]);
        }
        bytes32 circuit = ModelRecordLibrary.circuitId(0, described.circuitShape());
        addCircuit(circuit, keccak256(abi.encode(powersOf())));
        bytes32 chunk = keccak256(
            abi.encode(keccak256("assay v1 chunk leaf"), unit.step, unit.unit, EXPONENT, uint256(0), uint256(0))
        );
        (record.chunksRoot, linear.chunkPath) =
            SparseTree.single(keccak256("assay v1 chunk node"), record.chunks, CHUNK_PLACE, chunk);
    }

    /// @notice The answer to the question as it is; `plant` has been called.
    function respondLinear() internal {
        LinearUnit memory described = LinearUnits.describe(record.shape, unit);
        Place[] memory read = leavesOf(described);
        delete linear.leaves;
        for (uint256 i = 0; i < read.length; i++) {
            linear.leaves.push(opened(read[i]));
        }
        bytes32 circuit = ModelRecordLibrary.circuitId(0, described.circuitShape());
        linear.record = record;
        (linear.exponent, linear.chunkIndex) = (EXPONENT, CHUNK_PLACE);
        (linear.key, linear.powers) = (Trapdoor.key(circuit), powersOf());
        (linear.keyIndex, linear.keyPath) = keyOf(circuit);
        linear.accumulators = 12345;
        (linear.proof.xValue, linear.proof.digest) = (5, 7);
        prove(described, circuit);
    }

    function leavesOf(LinearUnit memory described) private view returns (Place[] memory read) {
        read = new Place[](described.hasResidual ? 3 : 2);
        read[0] = Place(unit.t, unit.step - 1, Works.kindOf(record.shape, unit.step - 1));
        read[1] = Place(unit.t, unit.step, described.kind);
        if (described.hasResidual) read[2] = Place(unit.t, described.residualStep, described.residualKind);
    }

    function prove(LinearUnit memory described, bytes32 circuit) private {
        bool added = described.hasResidual;
        Subject memory subject = Subject({
            context: context(),
            commitment: G1(0, 0),
            width: described.width,
            unit: described.field(unit, EXPONENT),
            inputLeaf: linear.leaves[0].leaf,
            outputLeaf: linear.leaves[1].leaf,
            residualLeaf: added ? linear.leaves[2].leaf : bytes32(0),
            job: question.jobDigest,
            accumulators: linear.accumulators
        });
        Challenges memory drawn = this.challenges(subject, linear.proof);
        uint256[14] memory fields;
        uint256 count;
        bytes32[4] memory digests = [subject.inputLeaf, subject.outputLeaf, subject.residualLeaf, subject.job];
        for (uint256 i = 0; i < 4; i++) {
            if (i == 2 && !added) continue;
            fields[count++] = uint256(digests[i]) >> 128;
            fields[count++] = uint256(digests[i]) & ((1 << 128) - 1);
        }
        uint256[6] memory rest =
            [subject.unit, subject.accumulators, drawn.rho, inverse(drawn.z), linear.proof.xValue, uint256(0)];
        for (uint256 i = 0; i < 6; i++) {
            fields[count++] = rest[i];
        }
        (uint256 sum, uint256 power) = (0, 1);
        for (uint256 i = 0; i < count; i++) {
            sum = addmod(sum, mulmod(power, fields[i], Bn254.R), Bn254.R);
            power = mulmod(power, drawn.beta, Bn254.R);
        }
        linear.proof.circuit = Trapdoor.prove(circuit, [linear.proof.digest, drawn.beta, sum]);
    }

    /// @notice For its calldata.
    function challenges(Subject memory subject, ProductProof calldata proof) external pure returns (Challenges memory) {
        return Transcript.draw(subject, proof);
    }

    function inverse(uint256 a) private pure returns (uint256 result) {
        result = 1;
        for (uint256 e = Bn254.R - 2; e > 0; e >>= 1) {
            if (e & 1 == 1) result = mulmod(result, a, Bn254.R);
            a = mulmod(a, a, Bn254.R);
        }
    }
}
