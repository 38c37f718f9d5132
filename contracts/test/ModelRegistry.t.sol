// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {ModelRegistry} from "../src/ModelRegistry.sol";
import {IModelRegistry} from "../src/interfaces/IModelRegistry.sol";
import {MerklePath} from "../src/libraries/MerklePath.sol";
import {G1} from "../src/libraries/Bn254.sol";
import {ChunkLeaf, ModelRecord, ModelRecordLibrary} from "../src/types/ModelRecord.sol";
import {Vectors} from "./support/Vectors.sol";

/// @notice A record with its chunks and keys, as Rust makes them.
contract ModelRegistryTest is Vectors {
    ModelRegistry private registry;
    ModelRecord private record;

    function setUp() public {
        read("record");
        registry = new ModelRegistry();
        record = ModelRecord({
            manifest: word(".manifest"),
            srs: word(".srs"),
            shape: shapeAt(".shape"),
            chunksRoot: word(".chunksRoot"),
            chunks: small(".chunks"),
            keysRoot: word(".keysRoot"),
            keys: small(".keys"),
            parametersRoot: word(".parametersRoot"),
            parameters: small(".parameters")
        });
    }

    function test_a_record_has_the_id_that_rust_gives_it() public {
        vm.expectEmit(address(registry));
        emit IModelRegistry.Published(word(".id"), record.manifest, record);
        bytes32 id = registry.publish(record);
        vm.assertEq(id, word(".id"), "the id");
        vm.assertTrue(registry.isPublished(id), "known");
        vm.snapshotGasLastCall("ModelRegistry", "isPublished");
    }

    function test_publishing_again_changes_nothing() public {
        bytes32 id = registry.publish(record);
        vm.snapshotGasLastCall("ModelRegistry", "publish");
        vm.assertEq(registry.publish(record), id, "the same id");
        vm.assertTrue(registry.isPublished(id), "still known");
    }

    function test_every_field_of_a_record_is_in_its_id() public {
        bytes32 id = registry.publish(record);
        bytes memory words = abi.encode(record);
        for (uint256 field = 0; field < 16; field++) {
            bytes memory other = abi.encodePacked(words);
            // Twice a shape's number is a shape's number, and no other field minds.
            assembly ("memory-safe") {
                let place := add(add(other, 0x20), mul(field, 0x20))
                mstore(place, xor(mload(place), 2))
            }
            vm.assertTrue(this.idOf(abi.decode(other, (ModelRecord))) != id, "another record");
        }
    }

    function test_a_shape_that_no_program_has_is_refused() public {
        uint32[8] memory sound = [uint32(2), 64, 4, 2, 8, 272, 272, 64];
        uint32[8] memory most = [uint32(1 << 10), 1 << 16, 128, 128, 512, 1 << 16, 1 << 20, 1 << 16];
        requireTaken(sound);
        requireTaken(most);
        for (uint256 i = 0; i < 8; i++) {
            uint32[8] memory none = [sound[0], sound[1], sound[2], sound[3], sound[4], sound[5], sound[6], sound[7]];
            none[i] = 0;
            requireRefused(none);
            if (i == 2 || i == 3) continue;
            uint32[8] memory more = [most[0], most[1], most[2], most[3], most[4], most[5], most[6], most[7]];
            more[i] += 2;
            requireRefused(more);
        }
        // Heads that do not share evenly, an odd head, a head that is too wide, heads that are too wide together.
        requireRefused([uint32(2), 64, 4, 3, 8, 272, 272, 64]);
        requireRefused([uint32(2), 64, 4, 2, 7, 272, 272, 64]);
        requireRefused([uint32(2), 64, 1, 1, 514, 272, 272, 64]);
        requireRefused([uint32(2), 64, 129, 129, 512, 272, 272, 64]);
    }

    function test_a_record_without_a_chunk_or_a_key_is_refused() public {
        record.chunks = 0;
        vm.expectRevert(IModelRegistry.MalformedRecord.selector);
        registry.publish(record);
        (record.chunks, record.keys) = (1, 0);
        vm.expectRevert(IModelRegistry.MalformedRecord.selector);
        registry.publish(record);
    }

    function test_a_chunk_of_the_record_is_shown_by_its_path() public {
        this.requireChunk(record, number(".chunk.index"), chunk(), path());
        vm.snapshotGasLastCall("Libraries", "path of a chunk");
    }

    function testFuzz_no_field_of_a_chunk_can_change(uint8 field) public {
        ChunkLeaf memory other = chunk();
        (uint256 index, bytes32[] memory way) = (number(".chunk.index"), path());
        field %= 5;
        if (field == 0) other.step ^= 1;
        if (field == 1) other.chunk ^= 1;
        if (field == 2) other.exponent ^= 1;
        if (field == 3) other.commitment.x ^= 1;
        if (field == 4) other.commitment.y ^= 1;
        vm.expectPartialRevert(ModelRecordLibrary.NotAChunk.selector);
        this.requireChunk(record, index, other, way);
    }

    function test_a_chunk_behind_the_last_is_none() public {
        ChunkLeaf memory last = chunk();
        bytes32[] memory way = path();
        bytes memory none =
            abi.encodeWithSelector(MerklePath.NoSuchPath.selector, record.chunks, record.chunks, way.length);
        vm.expectRevert(none);
        this.requireChunk(record, record.chunks, last, way);
    }

    function requireChunk(ModelRecord memory of_, uint256 index, ChunkLeaf memory shown, bytes32[] calldata way)
        external
        pure
    {
        of_.requireChunk(index, shown, way);
    }

    function idOf(ModelRecord memory of_) external pure returns (bytes32) {
        return of_.id();
    }

    function chunk() private view returns (ChunkLeaf memory) {
        return ChunkLeaf({
            step: small(".chunk.step"),
            chunk: small(".chunk.chunk"),
            exponent: small(".chunk.exponent"),
            commitment: G1(uint256(word(".chunk.x")), uint256(word(".chunk.y")))
        });
    }

    function path() private view returns (bytes32[] memory) {
        return vm.parseJsonBytes32Array(file, ".chunk.path");
    }

    function requireTaken(uint32[8] memory shape) private {
        setShape(shape);
        registry.publish(record);
    }

    function requireRefused(uint32[8] memory shape) private {
        setShape(shape);
        vm.expectRevert(IModelRegistry.MalformedRecord.selector);
        registry.publish(record);
    }

    function setShape(uint32[8] memory v) private {
        (record.shape.layers, record.shape.dim, record.shape.heads, record.shape.kvHeads) = (v[0], v[1], v[2], v[3]);
        (record.shape.headDim, record.shape.ffn, record.shape.vocab, record.shape.context) = (v[4], v[5], v[6], v[7]);
    }
}
