// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {IUnitVerifier} from "./IUnitVerifier.sol";

/// @notice Verifiers by selector. A selector has one verifier for ever; a retired one is never used again.
/// @dev Who settles must resolve the selector once, when a job is opened, and keep the verifier's address with the job.
/// Then nothing that the owner does here touches a job under way.
interface IVerifierRouter {
    /// @notice A selector has its verifier.
    event Added(bytes4 indexed selector, IUnitVerifier verifier);
    /// @notice A selector is not for new jobs any more.
    event Retired(bytes4 indexed selector);

    /// @notice Zero names no verifier, and a verifier is a contract.
    error NoVerifier(bytes4 selector);
    /// @notice The selector has a verifier, or had one.
    error SelectorInUse(bytes4 selector);
    /// @notice The selector was retired.
    error SelectorRetired(bytes4 selector);

    /// @notice Gives a selector its verifier.
    function add(bytes4 selector, IUnitVerifier verifier) external;

    /// @notice Closes a selector to new jobs, for ever.
    function retire(bytes4 selector) external;

    /// @notice The verifier for new jobs.
    function verifierOf(bytes4 selector) external view returns (IUnitVerifier);
}
