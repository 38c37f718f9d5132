// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {IBeacon} from "../interfaces/IBeacon.sol";

/// @notice Which round of a beacon decides what is drawn from a commit.
/// @dev The chain fixes the round, nobody chooses it. It must not be known to anyone when the commit becomes final, or a
/// rig could look at it and commit something else.
library Rounds {
    /// @notice How far a block's time may lie behind the beacon's clock.
    uint64 internal constant CLOCK_DRIFT = 30 seconds;

    /// @notice How long a block may still be replaced: two epochs of Ethereum, after which it is final.
    uint64 internal constant REORG_DEPTH = 13 minutes;

    /// @notice The first round that lies past both from `committedAt`.
    function deciding(IBeacon beacon, uint64 committedAt) internal view returns (uint64) {
        return after_(beacon.genesis(), beacon.period(), settled(committedAt));
    }

    /// @notice Until when a round could be known before a commit of second `committedAt` is final.
    function settled(uint64 committedAt) internal pure returns (uint64) {
        return committedAt + CLOCK_DRIFT + REORG_DEPTH;
    }

    /// @notice The first round that happens after second `time`.
    function after_(uint64 genesis, uint64 period, uint64 time) internal pure returns (uint64) {
        if (time < genesis) return 1;
        return (time - genesis) / period + 2;
    }
}
