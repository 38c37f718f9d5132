// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// @notice What a deployment is paid in: one ERC-20 token, or the native coin as the zero address.
type Asset is address;

using AssetLibrary for Asset global;

/// @notice Moves an asset in and out of the calling contract.
library AssetLibrary {
    using SafeERC20 for IERC20;

    /// @notice The transaction carries another amount of the native coin than the call is about.
    error WrongValue(uint256 expected, uint256 got);

    /// @notice The token moved another amount than it was told to: it takes a fee, or is none that can be held for others.
    error WrongAmountReceived(uint256 expected, uint256 got);

    /// @notice Whether the asset is the native coin.
    function isNative(Asset asset) internal pure returns (bool) {
        return Asset.unwrap(asset) == address(0);
    }

    /// @notice Takes exactly `amount` from the caller: with the call, or, of a token, as it has approved.
    function pull(Asset asset, uint256 amount) internal {
        if (asset.isNative()) {
            if (msg.value != amount) revert WrongValue(amount, msg.value);
            return;
        }
        if (msg.value != 0) revert WrongValue(0, msg.value);
        IERC20 token = IERC20(Asset.unwrap(asset));
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        // A token may say yes and move less. What is booked must be what came.
        uint256 got = token.balanceOf(address(this)) - before;
        if (got != amount) revert WrongAmountReceived(amount, got);
    }

    /// @notice Sends `amount` to `to`. Calls foreign code, so it comes last.
    function push(Asset asset, address to, uint256 amount) internal {
        if (asset.isNative()) Address.sendValue(payable(to), amount);
        else IERC20(Asset.unwrap(asset)).safeTransfer(to, amount);
    }
}
