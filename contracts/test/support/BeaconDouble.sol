// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {IBeacon} from "../../src/interfaces/IBeacon.sol";

/// @notice A beacon whose rounds a test decides. Whoever may call it knows every draw: never for money.
contract BeaconDouble is IBeacon {
    uint64 public immutable genesis;
    uint64 public immutable period;
    mapping(uint64 round => bytes32) private _randomness;

    constructor(uint64 genesis_, uint64 period_) {
        (genesis, period) = (genesis_, period_);
    }

    function set(uint64 round, bytes32 value) external {
        _randomness[round] = value;
    }

    function randomness(uint64 round) external view returns (bytes32 value) {
        value = _randomness[round];
        if (value == 0) revert NoSuchRound(round);
    }
}
