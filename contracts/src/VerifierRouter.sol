// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IUnitVerifier} from "./interfaces/IUnitVerifier.sol";
import {IVerifierRouter} from "./interfaces/IVerifierRouter.sol";

/// @notice Verifiers by selector, each set once.
contract VerifierRouter is IVerifierRouter, Ownable2Step {
    /// @dev Stands where a verifier was retired, so that its selector stays taken.
    IUnitVerifier private constant TOMBSTONE = IUnitVerifier(address(1));

    mapping(bytes4 selector => IUnitVerifier) private _verifiers;

    constructor(address owner) Ownable(owner) {}

    /// @inheritdoc IVerifierRouter
    function add(bytes4 selector, IUnitVerifier verifier) external onlyOwner {
        if (selector == 0 || address(verifier).code.length == 0) revert NoVerifier(selector);
        if (address(_verifiers[selector]) != address(0)) revert SelectorInUse(selector);
        _verifiers[selector] = verifier;
        emit Added(selector, verifier);
    }

    /// @inheritdoc IVerifierRouter
    function retire(bytes4 selector) external onlyOwner {
        verifierOf(selector);
        _verifiers[selector] = TOMBSTONE;
        emit Retired(selector);
    }

    /// @inheritdoc IVerifierRouter
    function verifierOf(bytes4 selector) public view returns (IUnitVerifier verifier) {
        verifier = _verifiers[selector];
        if (address(verifier) == address(0)) revert NoVerifier(selector);
        if (address(verifier) == address(TOMBSTONE)) revert SelectorRetired(selector);
    }
}
