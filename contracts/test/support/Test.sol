// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Vm} from "./Vm.sol";

/// @notice What every test has: the runner's commands.
abstract contract Test {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @notice `value` moved into a range.
    function bound(uint256 value, uint256 least, uint256 most) internal pure returns (uint256) {
        return value >= least && value <= most ? value : least + value % (most - least + 1);
    }

    /// @notice A signature in the form that wallets give it: r, s, v.
    function signed(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }
}
