// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Escrow} from "../src/Escrow.sol";
import {ModelRegistry} from "../src/ModelRegistry.sol";
import {VerifierRouter} from "../src/VerifierRouter.sol";
import {IBeacon} from "../src/interfaces/IBeacon.sol";
import {Asset} from "../src/types/Asset.sol";

/// @notice The commands of the runner that a script uses.
interface Broadcaster {
    function startBroadcast() external;
    function stopBroadcast() external;
}

/// @notice Deploys an escrow in one asset (zero for the native coin), a router for verifiers, which starts empty, and a
/// registry.
/// @dev forge script script/Deploy.s.sol --sig 'run(address,address,address)' ASSET OWNER BEACON --rpc-url URL --broadcast
/// Without a beacon no draw becomes known, and without a verifier in the router no contested job opens.
contract Deploy {
    Broadcaster private constant vm = Broadcaster(address(uint160(uint256(keccak256("hevm cheat code")))));

    function run(address asset, address owner)
        external
        returns (Escrow escrow, ModelRegistry registry, VerifierRouter router)
    {
        return run(asset, owner, address(0));
    }

    function run(address asset, address owner, address beacon)
        public
        returns (Escrow escrow, ModelRegistry registry, VerifierRouter router)
    {
        vm.startBroadcast();
        router = new VerifierRouter(owner);
        escrow = new Escrow(Asset.wrap(asset), owner, IBeacon(beacon), router);
        registry = new ModelRegistry();
        vm.stopBroadcast();
    }
}
