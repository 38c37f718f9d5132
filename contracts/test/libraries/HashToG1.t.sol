// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {G1} from "../../src/libraries/Bn254.sol";
import {HashToG1} from "../../src/libraries/HashToG1.sol";
import {Vectors} from "../support/Vectors.sol";

/// @notice What another implementation of RFC 9380 gave.
contract HashToG1Test is Vectors {
    bytes private constant DST = "BLS_SIG_BN254G1_XMD:KECCAK-256_SVDW_RO_NUL_";

    function setUp() public {
        read("drand");
    }

    function expectPoint(G1 memory got, string memory base) private view {
        bytes32[] memory p = vm.parseJsonBytes32Array(file, string.concat(base, ".point"));
        vm.assertEq(bytes32(got.x), p[0], "x");
        vm.assertEq(bytes32(got.y), p[1], "y");
    }

    function test_a_message_becomes_the_field_elements_and_the_point_that_another_implementation_finds() public view {
        for (uint256 i = 0; i < 3; i++) {
            string memory base = item(".fields", i);
            bytes memory message = vm.parseJsonBytes(file, string.concat(base, ".message"));
            bytes32[] memory u = vm.parseJsonBytes32Array(file, string.concat(base, ".u"));
            (uint256 u0, uint256 u1) = HashToG1.toField(DST, message);
            vm.assertEq(bytes32(u0), u[0], "first element");
            vm.assertEq(bytes32(u1), u[1], "second element");
            expectPoint(HashToG1.hash(DST, message), base);
        }
    }

    /// 0, ±1/2, where the map would divide by zero, ±1, and enough others that each of the three x is taken.
    function test_a_field_element_maps_to_the_point_that_another_implementation_finds() public view {
        for (uint256 i = 0; i < 17; i++) {
            string memory base = item(".map", i);
            expectPoint(HashToG1.map(uint256(word(string.concat(base, ".u")))), base);
        }
    }

    function test_the_number_of_a_round_becomes_the_point_that_another_implementation_finds() public view {
        for (uint256 i = 0; i < 5; i++) {
            string memory base = item(".rounds", i);
            uint64 round = uint64(number(string.concat(base, ".round")));
            expectPoint(HashToG1.hash(DST, abi.encodePacked(keccak256(abi.encodePacked(round)))), base);
        }
    }
}
