// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {ModelRecord} from "../types/ModelRecord.sol";

/// @notice Where records of models are made known. Anyone may publish; a record is named by its content and never changes.
/// @dev The registry cannot see that a record belongs to the manifest that it names. Clients and rigs make the record
/// themselves and compare ids before they agree to terms: docs/settlement.md.
interface IModelRegistry {
    /// @notice A record was made known.
    event Published(bytes32 indexed id, bytes32 indexed manifest, ModelRecord record);

    /// @notice The step machine is not defined for the shape, or the record has no chunk or no key.
    error MalformedRecord();

    /// @notice Makes a record known. Doing it again changes nothing.
    function publish(ModelRecord calldata record) external returns (bytes32 id);

    /// @notice Whether a record of this id was made known.
    function isPublished(bytes32 id) external view returns (bool);
}
