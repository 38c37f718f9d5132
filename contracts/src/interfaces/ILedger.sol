// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

/// @notice Accounts in one asset: credit that can be withdrawn, and stake that can be lost.
interface ILedger {
    /// @notice What one address has. Stake that is reserved for a job is not in it: the job's terms say how much that is.
    struct Account {
        /// Can be withdrawn.
        uint96 credit;
        /// Stake that a commit can reserve.
        uint96 free;
        /// From when on unbonding stake can be released.
        uint64 releaseAt;
        /// Stake on its way out: no job can count on it, a slash can take it.
        uint96 unbonding;
    }

    /// @notice Stake came in.
    event Bonded(address indexed rig, uint96 amount);
    /// @notice Stake began to leave.
    event Unbonding(address indexed rig, uint96 amount, uint64 releaseAt);
    /// @notice Stake became credit.
    event Released(address indexed rig, uint96 amount);
    /// @notice Credit was paid out.
    event Withdrawn(address indexed account, address indexed to, uint96 amount);
    /// @notice Slashed stake left for an address that nobody has the key of.
    event Burned(uint96 amount);

    /// @notice There is less stake than the call needs.
    error InsufficientStake(uint96 has, uint96 needs);
    /// @notice The stake cannot be released before `releaseAt`.
    error StillUnbonding(uint64 releaseAt);
    /// @notice Credit cannot go to the zero address.
    error ZeroAddress();

    /// @notice Adds to the caller's stake.
    function bond(uint96 amount) external payable;

    /// @notice Begins to take out stake. What was already on its way waits again from now on: one timer for each rig.
    function unbond(uint96 amount) external;

    /// @notice Makes credit of the caller's stake whose time is over.
    function release() external;

    /// @notice Pays all of the caller's credit to `to`. Where `to` takes nothing, another address may.
    function withdraw(address to) external;

    /// @notice Sends on what was slashed and belongs to nobody. Anyone may call it.
    function burn() external;

    /// @notice What an address has.
    function account(address owner) external view returns (Account memory);
}
