// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

/// @notice Public randomness in numbered rounds, one every `period` seconds: drand's model.
/// @dev An implementation stores what a round gave when it first has it, so that a late settlement still finds it.
interface IBeacon {
    /// @notice The round has not happened, or nobody has brought it.
    error NoSuchRound(uint64 round);

    /// @notice Unix second of round 1.
    function genesis() external view returns (uint64);

    /// @notice Seconds from one round to the next; at least 1.
    function period() external view returns (uint64);

    /// @notice What the round gave. Reverts if it is not known here.
    function randomness(uint64 round) external view returns (bytes32);
}
