// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {ILedger} from "../../src/interfaces/ILedger.sol";
import {EscrowTest} from "../support/EscrowTest.sol";
import {Typed} from "../support/Typed.sol";

contract CommitTest is EscrowTest {
    function setUp() public override {
        super.setUp();
        opened();
    }

    function test_a_commit_reserves_the_stake_of_the_terms() public {
        commit();
        vm.assertEq(account(RIG).free, STAKE, "what is left of twice the stake");
        assertState(IEscrow.State.Committed, "the job is committed");
    }

    function test_a_commit_keeps_time_tokens_and_receipt() public {
        bytes memory signature = sign(receipt);
        vm.warp(START + 5);
        vm.expectEmit(address(escrow));
        emit IEscrow.Committed(id(), Typed.hash(receipt), receipt, signature);
        commit();
        IEscrow.Job memory job = escrow.job(id());
        vm.assertEq(job.committedAt, START + 5, "the second of the commit");
        vm.assertEq(job.tokens, TOKENS, "tokens of the receipt");
        vm.assertEq(job.receipt, Typed.hash(receipt), "the receipt's struct hash");
    }

    function test_a_job_is_committed_once() public {
        commit();
        expectWrongState(IEscrow.State.Committed);
        commit();
    }

    function test_a_job_that_nobody_opened_takes_no_commit() public {
        terms.manifest = keccak256("another model");
        expectWrongState(IEscrow.State.None);
        commit();
    }

    function test_the_last_second_before_the_deadline_is_in_time() public {
        vm.warp(terms.commitBy - 1);
        commit();
    }

    function test_the_second_of_the_deadline_is_too_late() public {
        vm.warp(terms.commitBy);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.TooLate.selector, terms.commitBy));
        commit();
    }

    /// A stranger could otherwise tie a receipt to terms of its own that the rig never saw.
    function test_nobody_commits_for_the_rig() public {
        bytes memory signature = sign(receipt);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotRig.selector, CLIENT));
        vm.prank(CLIENT);
        escrow.commit(terms, receipt, signature);
    }

    function test_a_receipt_for_another_job_is_refused() public {
        receipt.job = keccak256("another job");
        vm.expectRevert(abi.encodeWithSelector(IEscrow.WrongJob.selector, receipt.job));
        commit();
    }

    function test_a_receipt_of_another_rig_is_refused() public {
        receipt.rig = OTHER;
        vm.expectRevert(abi.encodeWithSelector(IEscrow.WrongRig.selector, OTHER));
        commit();
    }

    function testFuzz_a_receipt_counts_between_one_and_the_most_tokens(uint32 tokens) public {
        receipt.tokenCount = tokens % (2 * MAX_TOKENS);
        if (receipt.tokenCount == 0 || receipt.tokenCount > MAX_TOKENS) {
            vm.expectRevert(abi.encodeWithSelector(IEscrow.WrongTokenCount.selector, receipt.tokenCount, MAX_TOKENS));
        }
        commit();
    }

    function test_no_token_is_no_receipt() public {
        receipt.tokenCount = 0;
        vm.expectRevert(abi.encodeWithSelector(IEscrow.WrongTokenCount.selector, 0, MAX_TOKENS));
        commit();
    }

    function test_the_most_tokens_can_be_committed_and_not_one_more() public {
        receipt.tokenCount = MAX_TOKENS + 1;
        vm.expectRevert(abi.encodeWithSelector(IEscrow.WrongTokenCount.selector, MAX_TOKENS + 1, MAX_TOKENS));
        commit();
        receipt.tokenCount = MAX_TOKENS;
        commit();
    }

    function test_the_signature_is_the_rigs() public {
        expectBadSignature(signed(OTHER_KEY, digest(Typed.hash(receipt))));
    }

    function test_a_signature_for_another_contract_is_none_here() public {
        bytes memory signature = sign(receipt);
        deploy(token);
        opened();
        expectBadSignature(signature);
    }

    function test_a_signature_for_another_chain_is_none_here() public {
        vm.chainId(7);
        bytes memory signature = sign(receipt);
        vm.chainId(31337);
        expectBadSignature(signature);
    }

    function testFuzz_no_field_of_a_signed_receipt_can_change(uint8 field) public {
        bytes memory signature = sign(receipt);
        field = uint8(bound(field, 0, 4));
        if (field == 0) receipt.tokensRoot ^= bytes32(uint256(1));
        if (field == 1) receipt.tokenCount ^= 1;
        if (field == 2) receipt.tip ^= bytes32(uint256(1));
        if (field == 3) receipt.positionsRoot ^= bytes32(uint256(1));
        if (field == 4) receipt.settlementRoot ^= bytes32(uint256(1));
        expectBadSignature(signature);
    }

    function test_the_high_form_of_a_signature_is_refused() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(RIG_KEY, digest(Typed.hash(receipt)));
        uint256 order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        expectBadSignature(abi.encodePacked(r, bytes32(order - uint256(s)), v ^ 7));
    }

    function testFuzz_v_is_27_or_28(uint8 v) public {
        vm.assume(v != 27 && v != 28);
        (, bytes32 r, bytes32 s) = vm.sign(RIG_KEY, digest(Typed.hash(receipt)));
        expectBadSignature(abi.encodePacked(r, s, v));
    }

    function test_a_signature_has_65_bytes() public {
        bytes memory signature = sign(receipt);
        expectBadSignature(abi.encodePacked(signature, uint8(0)));
        expectBadSignature("");
    }

    function test_a_rig_without_enough_free_stake_cannot_commit() public {
        vm.prank(RIG);
        escrow.unbond(STAKE + 1);
        vm.expectRevert(abi.encodeWithSelector(ILedger.InsufficientStake.selector, STAKE - 1, STAKE));
        commit();
    }

    function test_stake_is_reserved_for_one_job_alone() public {
        commit();
        receipt.job = terms.jobDigest = keccak256("second job");
        open();
        commit();
        receipt.job = terms.jobDigest = keccak256("third job");
        open();
        vm.expectRevert(abi.encodeWithSelector(ILedger.InsufficientStake.selector, 0, STAKE));
        commit();
    }

    function expectBadSignature(bytes memory signature) private {
        vm.expectRevert(abi.encodeWithSelector(IEscrow.BadSignature.selector, RIG));
        vm.prank(RIG);
        escrow.commit(terms, receipt, signature);
    }
}
