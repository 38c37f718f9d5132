// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {UnitVerifier} from "../../src/UnitVerifier.sol";
import {Question} from "../../src/interfaces/IUnitVerifier.sol";
import {Bn254} from "../../src/libraries/Bn254.sol";
import {Draws, Extent} from "../../src/libraries/Draws.sol";
import {Groth16Proof} from "../../src/libraries/Groth16.sol";
import {SettlementLeaf, SettlementTree} from "../../src/libraries/SettlementTree.sol";
import {Tensors} from "../../src/libraries/Tensors.sol";
import {Part, Units} from "../../src/libraries/Units.sol";
import {Works} from "../../src/libraries/Works.sol";
import {OpenedLeaf, UnitAnswer} from "../../src/types/Answers.sol";
import {Claim, Parameter, Place} from "../../src/types/Claim.sol";
import {ModelRecord, ModelRecordLibrary} from "../../src/types/ModelRecord.sol";
import {CircuitKey} from "../../src/types/Product.sol";
import {Shape} from "../../src/types/Shape.sol";
import {Kind, Unit} from "../../src/types/Steps.sol";
import {SparseTree} from "./SparseTree.sol";
import {Test} from "./Test.sol";
import {Trapdoor} from "./Trapdoor.sol";

/// @notice A job of a made-up trace, a model whose keys have known secrets, and answers to its draws: what a rig that proves any
/// statement would send. So what the contract refuses it refuses for its own checks, and not for want of a proof.
abstract contract UnitWorld is Test {
    UnitVerifier internal verifier;
    Question internal question;
    UnitAnswer internal answer;
    ModelRecord internal record;
    Unit internal unit;

    /// Ways in the trees, by the hash of what stands there.
    mapping(bytes32 => uint32) private index;
    mapping(bytes32 => bytes32[]) private path;
    /// What is looked at: places of the trace, circuits, parameters.
    uint256[] private places;
    mapping(uint256 => bytes32) private placed;
    bytes32[] private circuits;
    Parameter[] private parameters;
    mapping(bytes32 => bool) private known;
    /// Hash of a linear circuit's powers of tau; zero for all others.
    mapping(bytes32 => bytes32) private powers;
    uint256[] private fields;

    function toy() internal pure returns (Shape memory) {
        // Heads of 96 begin anywhere in a chunk; dim, ffn and vocab end within one.
        return Shape({layers: 2, dim: 600, heads: 6, kvHeads: 3, headDim: 96, ffn: 700, vocab: 1000, context: 64});
    }

    function smollm2() internal pure returns (Shape memory) {
        return Shape({layers: 30, dim: 576, heads: 9, kvHeads: 3, headDim: 64, ffn: 1536, vocab: 49152, context: 8192});
    }

    /// @notice A job of this model.
    function begin(Shape memory shape, uint32 promptTokens, uint32 tokens) internal {
        if (address(verifier) == address(0)) verifier = new UnitVerifier();
        record.manifest = keccak256("manifest");
        record.srs = keccak256("srs");
        record.shape = shape;
        (record.chunksRoot, record.chunks) = (keccak256("chunks"), 77);
        question = Question({
            id: keccak256("id"),
            jobDigest: keccak256("job"),
            record: 0,
            receipt: keccak256("receipt"),
            settlementRoot: 0,
            prompt: 0,
            promptTokens: promptTokens,
            tokens: tokens,
            seed: 0,
            draw: 1,
            draws: 24,
            progress: 0
        });
    }

    function extent() internal view returns (Extent memory) {
        return Extent(record.shape, question.promptTokens + question.tokens - 1, question.promptTokens - 1);
    }

    /// @notice A seed under which draw 1 is a unit of this kind, its position and number within bounds.
    function find(Kind kind, uint256[2] memory positions, uint256[2] memory units) internal {
        find(kind, positions, units, 0);
    }

    function find(Kind kind, uint256[2] memory positions, uint256[2] memory units, uint256 nonce) internal {
        for (uint256 i = 0; i < 1 << 20; i += 256) {
            (bool found, bytes32 seed) = this.search(kind, positions, units, i, nonce);
            if (!found) continue;
            question.seed = seed;
            unit = Draws.unit(seed, extent(), question.draw);
            return;
        }
        revert("no such draw");
    }

    /// @dev A call of its own, so that its memory goes.
    function search(Kind kind, uint256[2] memory positions, uint256[2] memory units, uint256 from, uint256 nonce)
        external
        view
        returns (bool, bytes32)
    {
        Extent memory of_ = extent();
        for (uint256 i = from; i < from + 256; i++) {
            bytes32 seed = keccak256(abi.encode("seed", i, nonce));
            Unit memory drawn = Draws.unit(seed, of_, question.draw);
            bool fits = Works.kindOf(of_.shape, drawn.step) == kind && drawn.t >= positions[0]
                && drawn.t <= positions[1] && drawn.unit >= units[0] && drawn.unit <= units[1];
            if (fits) return (true, seed);
        }
        return (false, 0);
    }

    /// @notice The answer to a unit of one proof.
    function prepare(Part memory part) internal {
        Part[] memory parts = new Part[](1);
        parts[0] = part;
        prepare(parts);
        respond(part, 0, 0);
    }

    /// @notice Trees in which all parts can be shown.
    function prepare(Part[] memory parts) internal {
        for (uint256 i = 0; i < parts.length; i++) {
            Claim memory claim = Units.describe(record.shape, unit, question.promptTokens, parts[i]);
            for (uint256 j = 0; j < claim.places.length; j++) {
                addPlace(claim.places[j]);
            }
            addCircuit(ModelRecordLibrary.circuitId(claim.circuit, claim.shape), 0);
            if (claim.parameter.what != 0 && isNew(nameOf(claim.parameter))) parameters.push(claim.parameter);
        }
        plant();
    }

    /// @notice All trees, and the record.
    function plant() internal {
        plantTrace();
        plantKeys();
        plantParameters();
        bytes32 hidden = keccak256(abi.encode(keccak256("assay v1 prompt leaf"), uint256(unit.t), promptToken()));
        if (unit.t < question.promptTokens) {
            (question.prompt, path["prompt"]) =
                SparseTree.single(keccak256("assay v1 prompt node"), question.promptTokens, unit.t, hidden);
        } else {
            question.prompt = keccak256("prompt");
        }
        question.record = record.id();
    }

    /// @notice A circuit of the model.
    function addCircuit(bytes32 circuit, bytes32 powersHash) internal {
        if (isNew(circuit)) circuits.push(circuit);
        powers[circuit] = powersHash;
    }

    /// @notice A leaf with its way to the root.
    function opened(Place memory p) internal view returns (OpenedLeaf memory) {
        uint256 place = placeOf(p);
        return OpenedLeaf(tokensOf(place), leafOf(place), path[bytes32(place)]);
    }

    /// @notice Where a circuit's key stands.
    function keyOf(bytes32 circuit) internal view returns (uint32, bytes32[] memory) {
        return (index[circuit], path[circuit]);
    }

    /// @notice The answer about one part, with states before and after.
    function respond(Part memory part, uint256 stateIn, uint256 stateOut) internal {
        Claim memory claim = Units.describe(record.shape, unit, question.promptTokens, part);
        delete answer;
        answer.record = record;
        for (uint256 i = 0; i < claim.places.length; i++) {
            answer.leaves.push(opened(claim.places[i]));
        }
        bytes32 circuit = ModelRecordLibrary.circuitId(claim.circuit, claim.shape);
        answer.key = Trapdoor.key(circuit);
        (answer.keyIndex, answer.keyPath) = keyOf(circuit);
        if (claim.parameter.what != 0) {
            bytes32 name = nameOf(claim.parameter);
            answer.parameter = parameterOf(name);
            (answer.parameterIndex, answer.parameterPath) = (index[name], path[name]);
        }
        if (claim.prompted) (answer.promptToken, answer.promptPath) = (promptToken(), path["prompt"]);
        (answer.stage, answer.chunk, answer.position) = (uint32(part.stage), uint32(part.chunk), uint32(part.position));
        if (claim.reads) answer.stateIn = stateIn;
        if (claim.writes) answer.stateOut = stateOut;
        answer.digest = uint256(keccak256("digest")) % Bn254.R;
        answer.proof = proofOf(claim, circuit);
    }

    /// @notice A proof of the answer's own statement, under the question as it is.
    function proofOf(Claim memory claim, bytes32 circuit) internal returns (Groth16Proof memory) {
        setFields(claim);
        uint256 beta = uint256(
            keccak256(
                bytes.concat(
                    keccak256("assay v1 chain beta"),
                    context(),
                    circuit,
                    abi.encodePacked(fields),
                    bytes32(answer.digest)
                )
            )
        ) % Bn254.R;
        (uint256 sum, uint256 power) = (0, 1);
        for (uint256 i = 0; i < fields.length; i++) {
            sum = addmod(sum, mulmod(power, fields[i], Bn254.R), Bn254.R);
            power = mulmod(power, beta, Bn254.R);
        }
        return Trapdoor.prove(circuit, [answer.digest, beta, sum]);
    }

    function setFields(Claim memory claim) private {
        delete fields;
        for (uint256 i = 0; i < claim.places.length + claim.repeats; i++) {
            Place memory p = claim.places[i < claim.places.length ? i : claim.places.length - 1];
            uint256 leaf = uint256(leafOf(placeOf(p)));
            fields.push(leaf >> 128);
            fields.push(leaf & ((1 << 128) - 1));
            fields.push(p.t + (p.step << 32) + (uint256(p.kind) << 64));
        }
        fields.push(uint256(question.jobDigest) >> 128);
        fields.push(uint256(question.jobDigest) & ((1 << 128) - 1));
        for (uint256 i = 0; i < claim.openings.length; i++) {
            fields.push(claim.openings[i]);
        }
        if (claim.prompted) fields.push(answer.promptToken);
        for (uint256 i = 0; i < claim.numbers.length; i++) {
            fields.push(claim.numbers[i]);
        }
        if (claim.parameter.what != 0) fields.push(answer.parameter);
        if (claim.reads) fields.push(answer.stateIn);
        if (claim.writes) fields.push(answer.stateOut);
    }

    function context() internal view returns (bytes32) {
        bytes memory first = abi.encode(
            keccak256("assay v1 question"), question.id, question.jobDigest, question.record, question.receipt
        );
        bytes memory second = abi.encode(question.settlementRoot, question.prompt, question.seed);
        uint256[4] memory counts = [uint256(question.promptTokens), question.tokens, question.draw, question.draws];
        return keccak256(bytes.concat(first, second, abi.encode(counts)));
    }

    function promptToken() internal view returns (uint256) {
        return uint256(keccak256(abi.encode("token", unit.t))) % Bn254.R;
    }

    function isNew(bytes32 name) private returns (bool fresh) {
        fresh = !known[name];
        known[name] = true;
    }

    /// @dev Place of a leaf among all of the trace.
    function placeOf(Place memory p) private view returns (uint256) {
        (uint256 body, uint256 tail) = (record.shape.bodySteps(), question.promptTokens - 1);
        return p.t * body + (p.t > tail ? 3 * (p.t - tail) : 0) + p.step;
    }

    function addPlace(Place memory p) internal {
        uint256 place = placeOf(p);
        if (!isNew(bytes32(place))) return;
        SettlementLeaf memory leaf = SettlementLeaf({
            job: question.jobDigest,
            t: uint32(p.t),
            s: uint32(p.step),
            tokens: tokensOf(place),
            leaf: leafOf(place),
            len: uint32(Tensors.length(record.shape, p.kind))
        });
        placed[place] = SettlementTree.hash(leaf);
        places.push(place);
        for (uint256 i = places.length - 1; i > 0 && places[i - 1] > places[i]; i--) {
            (places[i - 1], places[i]) = (places[i], places[i - 1]);
        }
    }

    function leafOf(uint256 place) private pure returns (bytes32) {
        return keccak256(abi.encode("leaf", place));
    }

    function tokensOf(uint256 place) private pure returns (bytes32) {
        return keccak256(abi.encode("tokens", place));
    }

    function nameOf(Parameter memory name) private pure returns (bytes32) {
        return keccak256(abi.encode(name));
    }

    function parameterOf(bytes32 name) private pure returns (uint256) {
        return uint256(keccak256(abi.encode("value", name))) % Bn254.R;
    }

    function plantTrace() private {
        Extent memory all = extent();
        uint256 count = all.positions * all.shape.bodySteps() + 3 * (all.positions - all.tailFrom);
        bytes32[] memory leaves = new bytes32[](places.length);
        for (uint256 i = 0; i < leaves.length; i++) {
            leaves[i] = placed[places[i]];
        }
        bytes32[][] memory paths;
        (question.settlementRoot, paths) =
            SparseTree.build(keccak256("assay v1 settlement node"), count, places, leaves);
        for (uint256 i = 0; i < leaves.length; i++) {
            path[bytes32(places[i])] = paths[i];
        }
    }

    function plantKeys() private {
        record.keys = 60;
        bytes32[] memory leaves = new bytes32[](circuits.length);
        for (uint256 i = 0; i < leaves.length; i++) {
            bytes32 key = keccak256(abi.encode(Trapdoor.key(circuits[i])));
            leaves[i] = keccak256(abi.encode(keccak256("assay v1 key leaf"), circuits[i], key, powers[circuits[i]]));
        }
        bytes32[][] memory paths;
        (record.keysRoot, paths) =
            SparseTree.build(keccak256("assay v1 key node"), record.keys, numbers(leaves.length), leaves);
        for (uint256 i = 0; i < leaves.length; i++) {
            (index[circuits[i]], path[circuits[i]]) = (uint32(3 * i + 1), paths[i]);
        }
    }

    function plantParameters() private {
        record.parameters = 8400;
        bytes32[] memory leaves = new bytes32[](parameters.length);
        for (uint256 i = 0; i < leaves.length; i++) {
            Parameter memory p = parameters[i];
            leaves[i] =
                keccak256(abi.encode(keccak256("assay v1 parameter leaf"), p.what, p.a, p.b, parameterOf(nameOf(p))));
        }
        bytes32[][] memory paths;
        (record.parametersRoot, paths) =
            SparseTree.build(keccak256("assay v1 parameter node"), record.parameters, numbers(leaves.length), leaves);
        for (uint256 i = 0; i < leaves.length; i++) {
            bytes32 name = nameOf(parameters[i]);
            (index[name], path[name]) = (uint32(3 * i + 1), paths[i]);
        }
    }

    /// @dev 1, 4, 7, …
    function numbers(uint256 count) private pure returns (uint256[] memory all) {
        all = new uint256[](count);
        for (uint256 i = 0; i < count; i++) {
            all[i] = 3 * i + 1;
        }
    }

    /// @notice The answer is refused for this reason.
    function refused(bytes4 reason) internal {
        vm.expectPartialRevert(reason);
        verifier.decide(question, abi.encode(answer));
    }
}
