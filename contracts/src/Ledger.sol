// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ILedger} from "./interfaces/ILedger.sol";
import {Asset} from "./types/Asset.sol";

/// @notice Accounts in one asset. Money leaves in `withdraw` and `burn` alone, so nobody's refusal to take it holds up a job.
/// @dev Every function that changes an account is guarded against reentrance, and calls the asset after all else.
abstract contract Ledger is ILedger, ReentrancyGuardTransient {
    /// @notice How long stake waits on its way out. It bounds how late a proof of two receipts can still find it.
    uint64 public constant UNBONDING_TIME = 7 days;

    /// @notice Where burned stake goes: an address that nobody has the key of, since tokens need not know how to burn.
    address public constant BURN = 0x000000000000000000000000000000000000dEaD;

    /// @notice What this deployment is paid in.
    Asset public immutable ASSET;

    mapping(address owner => Account) private _accounts;

    constructor(Asset asset) {
        ASSET = asset;
    }

    /// @inheritdoc ILedger
    function bond(uint96 amount) external payable nonReentrant {
        Account storage rig = _accounts[msg.sender];
        rig.free += amount;
        // Keeps the word in use when all stake is reserved: paying its rig then costs no more than at other times.
        if (rig.releaseAt == 0) rig.releaseAt = uint64(block.timestamp);
        emit Bonded(msg.sender, amount);
        ASSET.pull(amount);
    }

    /// @inheritdoc ILedger
    function unbond(uint96 amount) external nonReentrant {
        Account storage rig = _accounts[msg.sender];
        if (rig.free < amount) revert InsufficientStake(rig.free, amount);
        uint64 releaseAt = uint64(block.timestamp) + UNBONDING_TIME;
        rig.free -= amount;
        rig.unbonding += amount;
        rig.releaseAt = releaseAt;
        emit Unbonding(msg.sender, amount, releaseAt);
    }

    /// @inheritdoc ILedger
    function release() external nonReentrant {
        Account storage rig = _accounts[msg.sender];
        if (block.timestamp < rig.releaseAt) revert StillUnbonding(rig.releaseAt);
        uint96 amount = rig.unbonding;
        rig.unbonding = 0;
        rig.credit += amount;
        emit Released(msg.sender, amount);
    }

    /// @inheritdoc ILedger
    function withdraw(address to) external nonReentrant {
        if (to == address(0)) revert ZeroAddress();
        uint96 amount = _takeCredit(msg.sender);
        emit Withdrawn(msg.sender, to, amount);
        ASSET.push(to, amount);
    }

    /// @inheritdoc ILedger
    function burn() external nonReentrant {
        uint96 amount = _takeCredit(BURN);
        emit Burned(amount);
        ASSET.push(BURN, amount);
    }

    /// @inheritdoc ILedger
    function account(address owner) external view returns (Account memory) {
        return _accounts[owner];
    }

    /// @dev Lets `owner` withdraw `amount` more.
    function _credit(address owner, uint96 amount) internal {
        if (amount != 0) _accounts[owner].credit += amount;
    }

    /// @dev Takes `amount` out of a rig's free stake, for one job: no other job and no unbonding can touch it.
    function _reserve(address owner, uint96 amount) internal {
        Account storage rig = _accounts[owner];
        if (rig.free < amount) revert InsufficientStake(rig.free, amount);
        rig.free -= amount;
    }

    /// @dev Gives reserved stake back.
    function _unreserve(address owner, uint96 amount) internal {
        _accounts[owner].free += amount;
    }

    /// @dev Takes up to `most` of what is not reserved, first what is on its way out: it would be gone first.
    function _takeStake(address owner, uint96 most) internal returns (uint96 taken) {
        Account storage rig = _accounts[owner];
        uint96 leaving = rig.unbonding < most ? rig.unbonding : most;
        uint96 staying = rig.free < most - leaving ? rig.free : most - leaving;
        rig.unbonding -= leaving;
        rig.free -= staying;
        return leaving + staying;
    }

    function _takeCredit(address owner) private returns (uint96 amount) {
        amount = _accounts[owner].credit;
        _accounts[owner].credit = 0;
    }
}
