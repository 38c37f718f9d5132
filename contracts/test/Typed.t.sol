// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Escrow} from "../src/Escrow.sol";
import {IEscrow} from "../src/interfaces/IEscrow.sol";
import {IBeacon} from "../src/interfaces/IBeacon.sol";
import {IVerifierRouter} from "../src/interfaces/IVerifierRouter.sol";
import {Asset} from "../src/types/Asset.sol";
import {Receipt} from "../src/types/Receipt.sol";
import {Terms} from "../src/types/Terms.sol";
import {Typed} from "./support/Typed.sol";
import {Vectors} from "./support/Vectors.sol";

/// @notice What Rust signs is what the escrow checks, to the byte.
contract TypedTest is Vectors {
    address private constant AT = 0x5a5A5a5a5A5a5a5a5a5A5a5A5A5a5a5A5A5A5A5A;
    Escrow private escrow;

    function setUp() public {
        read("typed");
        vm.chainId(number(".chain"));
        vm.assertEq(vm.parseJsonAddress(file, ".contract"), AT, "the contract of the vectors");
        // The escrow as it would be at that address: its domain follows from where it runs.
        vm.etch(AT, address(escrow_()).code);
        escrow = Escrow(AT);
    }

    function test_terms_have_the_id_that_rust_gives_them() public view {
        Terms memory terms = terms_();
        vm.assertEq(escrow.jobId(terms), word(".terms.id"), "the id");
        vm.assertEq(Typed.digest(AT, Typed.hash(terms)), word(".terms.id"), "and by the second writing of it");
    }

    function test_a_receipt_has_the_digest_that_rust_signs() public view {
        vm.assertEq(escrow.receiptDigest(receipt()), word(".receipt.digest"), "the digest");
        vm.assertEq(Typed.hash(receipt()), word(".receipt.hash"), "the struct hash");
    }

    function test_an_acknowledgement_has_the_digest_that_rust_signs() public view {
        bytes32 got =
            escrow.acknowledgementDigest(word(".terms.id"), word(".receipt.hash"), small(".acknowledgement.tokens"));
        vm.assertEq(got, word(".acknowledgement.digest"), "the digest");
    }

    /// The signatures as Rust made them take a job from its opening to its payment.
    function test_a_job_is_settled_by_signatures_that_rust_made() public {
        Terms memory terms = terms_();
        (terms.verifier, terms.record, terms.prompt) = (0, 0, 0);
        (terms.promptTokens, terms.draws, terms.proveBy) = (0, 0, 0);
        terms.stake = 0;
        vm.warp(terms.commitBy - 1);
        vm.deal(terms.client, terms.pricePerToken * uint256(terms.maxTokens) + terms.proofFee);
        vm.prank(terms.client);
        escrow.open{value: terms.client.balance}(terms);
        vm.prank(terms.rig);
        escrow.commit(terms, receipt(), vm.parseJsonBytes(file, ".receipt.signature"));
        IEscrow.Job memory job = escrow.job(escrow.jobId(terms));
        vm.assertEq(job.receipt, word(".receipt.hash"), "the receipt is committed");
    }

    function test_the_clients_signature_is_the_clients() public view {
        bytes memory signature = vm.parseJsonBytes(file, ".acknowledgement.signature");
        vm.assertEq(recover(word(".acknowledgement.digest"), signature), terms_().client, "who signed");
    }

    function escrow_() private returns (Escrow) {
        return new Escrow(Asset.wrap(address(0)), address(this), IBeacon(address(0)), IVerifierRouter(address(0)));
    }

    function terms_() private view returns (Terms memory) {
        return Terms({
            client: vm.parseJsonAddress(file, ".terms.client"),
            rig: vm.parseJsonAddress(file, ".terms.rig"),
            jobDigest: word(".terms.jobDigest"),
            manifest: word(".terms.manifest"),
            record: word(".terms.record"),
            verifier: bytes4(vm.parseJsonBytes(file, ".terms.verifier")),
            prompt: word(".terms.prompt"),
            promptTokens: small(".terms.promptTokens"),
            maxTokens: small(".terms.maxTokens"),
            draws: small(".terms.draws"),
            pricePerToken: uint96(number(".terms.pricePerToken")),
            proofFee: uint96(number(".terms.proofFee")),
            stake: uint96(number(".terms.stake")),
            commitBy: uint64(number(".terms.commitBy")),
            acknowledgeBy: uint64(number(".terms.acknowledgeBy")),
            proveBy: uint64(number(".terms.proveBy"))
        });
    }

    function receipt() private view returns (Receipt memory) {
        return Receipt({
            job: word(".receipt.job"),
            tokensRoot: word(".receipt.tokensRoot"),
            tokenCount: small(".receipt.tokenCount"),
            tip: word(".receipt.tip"),
            positionsRoot: word(".receipt.positionsRoot"),
            settlementRoot: word(".receipt.settlementRoot"),
            rig: vm.parseJsonAddress(file, ".receipt.rig")
        });
    }

    function recover(bytes32 digest, bytes memory signature) private pure returns (address) {
        (bytes32 r, bytes32 s) = abi.decode(signature, (bytes32, bytes32));
        return ecrecover(digest, uint8(signature[64]), r, s);
    }
}
