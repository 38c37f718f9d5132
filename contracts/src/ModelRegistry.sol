// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {ModelRecord} from "./types/ModelRecord.sol";

/// @notice Records of models, by the hash of their content. It has no owner and nothing to decide.
contract ModelRegistry is IModelRegistry {
    /// @inheritdoc IModelRegistry
    mapping(bytes32 id => bool) public isPublished;

    /// @inheritdoc IModelRegistry
    function publish(ModelRecord calldata record) external returns (bytes32 id) {
        if (!record.shape.isValid() || record.chunks == 0 || record.keys == 0) revert MalformedRecord();
        id = record.id();
        if (isPublished[id]) return id;
        isPublished[id] = true;
        emit Published(id, record.manifest, record);
    }
}
