// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Draws, Extent, Stream} from "../../src/libraries/Draws.sol";
import {Profile, Works} from "../../src/libraries/Works.sol";
import {Shape} from "../../src/types/Shape.sol";
import {Kind, Unit} from "../../src/types/Steps.sol";
import {Vectors} from "../support/Vectors.sol";

/// @notice For the gas of one draw: a contract around the library.
contract Drawer {
    function unit(bytes32 seed, Extent memory extent, uint32 i) external pure returns (Unit memory) {
        return Draws.unit(seed, extent, i);
    }
}

contract DrawsTest is Vectors {
    uint256 private constant CASES = 4;
    uint256 private constant DRAWS = 200;

    function setUp() public {
        read("draws");
    }

    function test_a_contract_draws_the_units_that_rust_draws() public view {
        for (uint256 c = 0; c < CASES; c++) {
            string memory base = item(".cases", c);
            Extent memory extent = extentAt(base);
            bytes32 seed = Draws.seed(
                word(string.concat(base, ".randomness")),
                word(string.concat(base, ".id")),
                word(string.concat(base, ".receipt"))
            );
            vm.assertEq(seed, word(string.concat(base, ".seed")), "the seed");
            uint256[] memory units = vm.parseJsonUintArray(file, string.concat(base, ".units"));
            vm.assertEq(units.length, 3 * DRAWS, "draws of the case");
            for (uint256 i = 0; i < DRAWS; i++) {
                requireEqual(Draws.unit(seed, extent, uint32(i)), units, 3 * i);
            }
        }
    }

    function test_the_last_positions_sample_and_head_chunk_are_always_taken() public view {
        for (uint256 c = 0; c < CASES; c++) {
            string memory base = item(".cases", c);
            uint256[] memory taken = vm.parseJsonUintArray(file, string.concat(base, ".always"));
            (Unit memory head, Unit memory sample) =
                Draws.always(extentAt(base), small(string.concat(base, ".lastToken")));
            requireEqual(head, taken, 0);
            requireEqual(sample, taken, 3);
        }
    }

    /// Laid end to end, the works of positions, steps and units have no gap and no overlap.
    function testFuzz_every_point_of_the_work_is_in_one_unit(uint256 point, uint8 c) public view {
        Extent memory extent = extentAt(item(".cases", c % CASES));
        Shape memory shape = extent.shape;
        Profile memory works = Works.profile(shape, extent.tailFrom);
        point %= Works.before(works, extent.positions);
        uint256 t = Works.positionAt(works, extent.positions, point);
        vm.assertLe(Works.before(works, t), point, "not before the position");
        vm.assertTrue(point < Works.before(works, t + 1), "not behind the position");
        uint256 work = Works.before(works, t + 1) - Works.before(works, t);
        vm.assertEq(Works.ofPosition(works, t), work, "its own work");

        uint256 left = point - Works.before(works, t);
        uint256 step = Works.stepAt(shape, t, left);
        for (uint256 s = 0; s < step; s++) {
            left -= Works.ofStep(shape, Works.kindOf(shape, s), t);
        }
        Kind kind = Works.kindOf(shape, step);
        vm.assertTrue(left < Works.ofStep(shape, kind, t), "within the step");
        vm.assertTrue(Works.unitAt(shape, kind, t, left) < Works.unitCount(shape, kind), "a unit of the step");
    }

    /// With a bound just above half of all words, nearly every second word is in the tail.
    function testFuzz_a_word_of_the_biased_tail_is_passed_over(bytes32 seed, uint256 draw) public pure {
        uint256 bound_ = (1 << 127) + 1;
        uint256 next = 0;
        uint256 word;
        do {
            word = uint256(keccak256(abi.encode(keccak256("assay v1 chain draw word"), seed, draw, next++))) >> 128;
        } while (word >= bound_);
        Stream memory stream = Stream(seed, draw, 0);
        vm.assertEq(Draws.below(stream, bound_), word, "the first word that is not in the tail");
        vm.assertEq(stream.next, next, "and no word more");
    }

    function test_one_outcome_takes_no_word() public pure {
        Stream memory stream = Stream(0, 0, 0);
        vm.assertEq(Draws.below(stream, 0) + Draws.below(stream, 1) + stream.next, 0, "nothing drawn");
    }

    function testFuzz_another_job_receipt_or_round_draws_from_another_seed(bytes32 a, bytes32 b, bytes32 c)
        public
        pure
    {
        bytes32 seed = Draws.seed(a, b, c);
        vm.assertTrue(seed != Draws.seed(~a, b, c), "the round");
        vm.assertTrue(seed != Draws.seed(a, ~b, c), "the job");
        vm.assertTrue(seed != Draws.seed(a, b, ~c), "the receipt");
    }

    function test_gas_of_a_draw() public {
        Drawer drawer = new Drawer();
        Extent memory extent = extentAt(item(".cases", 3));
        drawer.unit(word(".cases[3].seed"), extent, 0);
        vm.snapshotGasLastCall("Libraries", "draw by work, SmolLM2, 65536 positions");
        drawer.unit(word(".cases[3].seed"), extent, 1);
        vm.snapshotGasLastCall("Libraries", "draw by kind, SmolLM2, 65536 positions");
    }

    function requireEqual(Unit memory unit, uint256[] memory flat, uint256 from) private pure {
        vm.assertEq(unit.t, flat[from], "position");
        vm.assertEq(unit.step, flat[from + 1], "step");
        vm.assertEq(unit.unit, flat[from + 2], "unit");
    }
}
