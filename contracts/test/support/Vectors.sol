// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Extent} from "../../src/libraries/Draws.sol";
import {Shape} from "../../src/types/Shape.sol";
import {Test} from "./Test.sol";

/// @notice Files that Rust made and keeps: tests/vectors/chain.
abstract contract Vectors is Test {
    string internal file;

    function read(string memory name) internal {
        file = vm.readFile(string.concat("../tests/vectors/chain/", name, ".json"));
    }

    function number(string memory key) internal view returns (uint256) {
        return vm.parseJsonUint(file, key);
    }

    function small(string memory key) internal view returns (uint32) {
        return uint32(number(key));
    }

    function word(string memory key) internal view returns (bytes32) {
        return vm.parseJsonBytes32(file, key);
    }

    function shapeAt(string memory key) internal view returns (Shape memory) {
        uint256[] memory v = vm.parseJsonUintArray(file, key);
        return Shape(
            uint32(v[0]),
            uint32(v[1]),
            uint32(v[2]),
            uint32(v[3]),
            uint32(v[4]),
            uint32(v[5]),
            uint32(v[6]),
            uint32(v[7])
        );
    }

    function extentAt(string memory base) internal view returns (Extent memory) {
        return Extent(
            shapeAt(string.concat(base, ".shape")),
            small(string.concat(base, ".positions")),
            small(string.concat(base, ".tailFrom"))
        );
    }

    /// @notice `base[i]`.
    function item(string memory base, uint256 i) internal pure returns (string memory) {
        return string.concat(base, "[", vm.toString(i), "]");
    }
}
