// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {LinearUnit, LinearUnits} from "../../src/libraries/LinearUnits.sol";
import {Tensors} from "../../src/libraries/Tensors.sol";
import {Part, Units} from "../../src/libraries/Units.sol";
import {Works} from "../../src/libraries/Works.sol";
import {Circuits, Claim, Place} from "../../src/types/Claim.sol";
import {ModelRecordLibrary} from "../../src/types/ModelRecord.sol";
import {Shape} from "../../src/types/Shape.sol";
import {Kind, Unit} from "../../src/types/Steps.sol";
import {Vectors} from "../support/Vectors.sol";

/// @notice Units of five shapes, and what Rust says that a proof about each must be about.
contract UnitsTest is Vectors {
    using LinearUnits for LinearUnit;

    string private at_;

    function setUp() public {
        read("units");
    }

    function test_claims_of_a_model_whose_heads_share_chunks() public {
        compare(0);
    }

    function test_claims_of_a_model_of_odd_lengths() public {
        compare(1);
    }

    function test_claims_of_a_model_whose_heads_end_in_other_chunks() public {
        compare(2);
    }

    function test_claims_of_the_least_model() public {
        compare(3);
    }

    function test_claims_of_smollm2() public {
        compare(4);
    }

    function compare(uint256 which) private {
        string memory base = item(".cases", which);
        Shape memory shape = shapeAt(string.concat(base, ".shape"));
        uint256 promptTokens = number(string.concat(base, ".promptTokens"));
        uint256 circuits;
        for (uint256 i = 0; vm.keyExistsJson(file, item(string.concat(base, ".units"), i)); i++) {
            at_ = item(string.concat(base, ".units"), i);
            uint256[] memory u = list(".unit");
            Unit memory unit = Unit(uint32(u[0]), uint32(u[1]), uint32(u[2]));
            uint256 circuit = number(string.concat(at_, ".circuit"));
            circuits |= 1 << circuit;
            if (circuit == Circuits.LINEAR) compareLinear(shape, unit);
            else compareClaim(shape, unit, promptTokens, circuit);
        }
        vm.assertGe(circuits & 0x1ff9, 0x1ff9, "every circuit but those of embed");
        vm.assertTrue(circuits & 6 != 0, "embed");
    }

    function compareClaim(Shape memory shape, Unit memory unit, uint256 promptTokens, uint256 circuit) private view {
        uint256[] memory part = list(".part");
        Claim memory claim = Units.describe(shape, unit, promptTokens, Part(part[0], part[1], part[2]));
        vm.assertEq(claim.circuit, circuit, at_);
        same(words(claim.shape), list(".shape"), "shape");
        sameId(claim.circuit, claim.shape);
        uint256 count = claim.places.length;
        uint256[] memory leaves = new uint256[](4 * count);
        for (uint256 i = 0; i < count; i++) {
            setLeaf(leaves, i, claim.places[i], shape);
        }
        same(leaves, list(".leaves"), "leaves");
        // The file has the leaves that there are, the claim also those that are repeated.
        uint256[] memory openings = claim.openings;
        uint256 kept = openings.length * count / (count + claim.repeats);
        for (uint256 i = kept; i < openings.length; i++) {
            vm.assertEq(openings[i], openings[i % (openings.length / (count + claim.repeats))], "repeated");
        }
        assembly ("memory-safe") {
            mstore(openings, kept)
        }
        same(openings, list(".opened"), "opened chunks");
        same(claim.numbers, list(".numbers"), "numbers");
        uint256[] memory parameter = list(".parameter");
        vm.assertEq(claim.parameter.what, parameter[0], at_);
        vm.assertEq(claim.parameter.a, parameter[1], at_);
        vm.assertEq(claim.parameter.b, parameter[2], at_);
        vm.assertTrue(claim.prompted == (circuit == 1), at_);
        vm.assertTrue(claim.reads == (circuit == 7 || circuit == 8), at_);
        vm.assertTrue(claim.writes == (circuit == 6 || circuit == 7), at_);
    }

    function compareLinear(Shape memory shape, Unit memory unit) private view {
        LinearUnit memory linear = LinearUnits.describe(shape, unit);
        same(words(linear.circuitShape()), list(".shape"), "shape");
        sameId(Circuits.LINEAR, linear.circuitShape());
        uint256[] memory leaves = new uint256[](linear.hasResidual ? 12 : 8);
        setLeaf(leaves, 0, Place(unit.t, unit.step - 1, Works.kindOf(shape, unit.step - 1)), shape);
        setLeaf(leaves, 1, Place(unit.t, unit.step, linear.kind), shape);
        if (linear.hasResidual) setLeaf(leaves, 2, Place(unit.t, linear.residualStep, linear.residualKind), shape);
        same(leaves, list(".leaves"), "leaves");
        vm.assertEq(linear.inputLength, leaves[3], at_);
        vm.assertEq(linear.length, leaves[7], at_);
        uint256[] memory opened = list(".opened");
        for (uint256 i = 0; i < opened.length; i++) {
            vm.assertEq(unit.unit | linear.turns << 16, opened[i], at_);
        }
    }

    function sameId(uint256 circuit, uint256[7] memory shape) private view {
        vm.assertEq(ModelRecordLibrary.circuitId(circuit, shape), word(string.concat(at_, ".id")), at_);
    }

    function setLeaf(uint256[] memory leaves, uint256 i, Place memory place, Shape memory shape) private pure {
        (leaves[4 * i], leaves[4 * i + 1], leaves[4 * i + 2]) = (place.t, place.step, uint256(place.kind));
        leaves[4 * i + 3] = Tensors.length(shape, place.kind);
    }

    function words(uint256[7] memory shape) private pure returns (uint256[] memory all) {
        all = new uint256[](7);
        for (uint256 i = 0; i < 7; i++) {
            all[i] = shape[i];
        }
    }

    function list(string memory name) private view returns (uint256[] memory) {
        return vm.parseJsonUintArray(file, string.concat(at_, name));
    }

    function same(uint256[] memory got, uint256[] memory want, string memory what) private view {
        vm.assertEq(keccak256(abi.encode(got)), keccak256(abi.encode(want)), string.concat(what, at_));
    }
}
