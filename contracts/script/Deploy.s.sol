// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Escrow} from "../src/Escrow.sol";
import {ModelRegistry} from "../src/ModelRegistry.sol";
import {Asset} from "../src/types/Asset.sol";

/// @notice The commands of the runner that a script uses.
interface Broadcaster {
    function startBroadcast() external;
    function stopBroadcast() external;
}

/// @notice Deploys an escrow in one asset (zero for the native coin) and a registry.
/// @dev forge script script/Deploy.s.sol --sig 'run(address,address)' ASSET OWNER --rpc-url URL --broadcast
contract Deploy {
    Broadcaster private constant vm = Broadcaster(address(uint160(uint256(keccak256("hevm cheat code")))));

    function run(address asset, address owner) external returns (Escrow escrow, ModelRegistry registry) {
        vm.startBroadcast();
        escrow = new Escrow(Asset.wrap(asset), owner);
        registry = new ModelRegistry();
        vm.stopBroadcast();
    }
}
