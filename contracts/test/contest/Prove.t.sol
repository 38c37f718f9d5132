// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {Question} from "../../src/interfaces/IUnitVerifier.sol";
import {ContestTest} from "../support/ContestTest.sol";
import {Typed} from "../support/Typed.sol";
import {EchoVerifier, VerifierDouble} from "../support/VerifierDouble.sol";

contract ProveTest is ContestTest {
    function setUp() public override {
        super.setUp();
        seeded();
    }

    function test_a_rig_that_answers_every_draw_is_paid_without_its_client() public {
        decideAllButTheLast();
        vm.assertEq(account(RIG).credit, 0, "nothing before the last");
        assertState(IEscrow.State.Committed, "not before the last");
        vm.expectEmit(address(escrow));
        emit IEscrow.Answered(id(), DRAWS, 0);
        vm.expectEmit(address(escrow));
        emit IEscrow.Proven(id(), PRICE * TOKENS + FEE);
        decide(DRAWS);
        vm.assertEq(account(RIG).credit, PRICE * TOKENS + FEE, "tokens and proofs");
        vm.assertEq(account(CLIENT).credit, PRICE * (MAX_TOKENS - TOKENS), "the rest");
        vm.assertEq(account(RIG).free, 2 * STAKE, "all stake is free");
        assertState(IEscrow.State.Proven, "the job is over");
    }

    function testFuzz_draws_are_answered_in_any_order_and_all_of_them(uint256 order, uint32 draws) public {
        contest();
        (terms.draws, terms.jobDigest) = (uint32(bound(draws, 1, 64)), keccak256("second job"));
        receipt.job = terms.jobDigest;
        open();
        commit();
        bring();
        escrow.seed(terms);
        uint32[] memory left = new uint32[](terms.draws + 1);
        for (uint32 i = 0; i < left.length; i++) {
            left[i] = i;
        }
        for (uint256 n = left.length; n > 0; n--) {
            assertState(IEscrow.State.Committed, "one is not decided");
            uint256 which = uint256(keccak256(abi.encode(order, n))) % n;
            decide(left[which]);
            left[which] = left[n - 1];
        }
        assertState(IEscrow.State.Proven, "all are");
        vm.assertEq(escrow.job(id()).decided, (1 << (terms.draws + 1)) - 1, "each has its bit");
    }

    function test_one_draw_that_the_verifier_refuses_never_pays() public {
        for (uint32 draw = 0; draw <= DRAWS; draw++) {
            if (draw != 1) decide(draw);
        }
        for (uint256 i = 0; i < 3; i++) {
            vm.expectRevert(VerifierDouble.NotShown.selector);
            vm.prank(RIG);
            escrow.prove(terms, receipt, 1, "not what was committed");
        }
        assertState(IEscrow.State.Committed, "not paid");
        vm.warp(terms.proveBy);
        escrow.forfeit(terms);
        vm.assertEq(account(RIG).credit, 0, "nothing is paid");
        vm.assertEq(account(CLIENT).credit, ESCROWED + STAKE / 2, "the client has its money and half of the stake");
    }

    function test_each_draw_is_decided_once() public {
        for (uint32 draw = 0; draw < DRAWS; draw++) {
            decide(draw);
            expectRefused(abi.encodeWithSelector(IEscrow.AlreadyDecided.selector, draw), draw);
        }
        assertState(IEscrow.State.Committed, "one answer is not two");
    }

    function test_a_decided_draw_does_not_begin_again() public {
        decide(1);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.AlreadyDecided.selector, 1));
        answer(1, keccak256("left"));
    }

    function test_a_job_has_no_draw_past_its_last() public {
        expectRefused(abi.encodeWithSelector(IEscrow.NoSuchDraw.selector, DRAWS + 1), DRAWS + 1);
        // A shift by so much would leave no bit.
        expectRefused(abi.encodeWithSelector(IEscrow.NoSuchDraw.selector, 256), 256);
        expectRefused(abi.encodeWithSelector(IEscrow.NoSuchDraw.selector, type(uint32).max), type(uint32).max);
    }

    function test_a_paid_job_is_not_paid_again() public {
        decideAllButTheLast();
        decide(DRAWS);
        expectRefused(abi.encodeWithSelector(IEscrow.WrongState.selector, id(), IEscrow.State.Proven), DRAWS);
    }

    /// Who saw an answer could otherwise send it again, and so undo what the rig did since.
    function test_only_the_rig_answers() public {
        address[2] memory others = [CLIENT, OTHER];
        for (uint256 i = 0; i < 2; i++) {
            vm.expectRevert(abi.encodeWithSelector(IEscrow.NotRig.selector, others[i]));
            vm.prank(others[i]);
            escrow.prove(terms, receipt, 0, abi.encode(0));
        }
    }

    function test_nothing_is_proven_before_the_draws_are_known() public {
        receipt.job = terms.jobDigest = keccak256("second job");
        open();
        expectRefused(abi.encodeWithSelector(IEscrow.WrongState.selector, id(), IEscrow.State.Open), 0);
        commit();
        expectRefused(abi.encodeWithSelector(IEscrow.NotSeeded.selector, id()), 0);
    }

    function test_a_job_of_the_other_lane_is_not_proven() public {
        (terms, receipt) = (someTerms(), someReceipt());
        open();
        commit();
        expectRefused(abi.encodeWithSelector(IEscrow.NotSeeded.selector, id()), 0);
    }

    function testFuzz_the_receipt_is_the_committed_one(uint8 field) public {
        field = uint8(bound(field, 0, 6));
        if (field == 0) receipt.job ^= bytes32(uint256(1));
        if (field == 1) receipt.tokensRoot ^= bytes32(uint256(1));
        if (field == 2) receipt.tokenCount ^= 1;
        if (field == 3) receipt.tip ^= bytes32(uint256(1));
        if (field == 4) receipt.positionsRoot ^= bytes32(uint256(1));
        if (field == 5) receipt.settlementRoot ^= bytes32(uint256(1));
        if (field == 6) receipt.rig = OTHER;
        expectRefused(abi.encodeWithSelector(IEscrow.WrongReceipt.selector, Typed.hash(receipt)), 0);
    }

    function test_the_terms_are_the_jobs() public {
        terms.record ^= bytes32(uint256(1));
        expectRefused(abi.encodeWithSelector(IEscrow.WrongState.selector, id(), IEscrow.State.None), 0);
    }

    function test_the_last_second_before_the_deadline_is_in_time() public {
        vm.warp(terms.proveBy - 1);
        decide(0);
        vm.warp(terms.proveBy);
        expectRefused(abi.encodeWithSelector(IEscrow.TooLate.selector, terms.proveBy), 1);
    }

    function test_a_rig_need_not_wait_for_its_client_to_be_late() public {
        vm.assertTrue(block.timestamp < terms.acknowledgeBy, "the client is not late");
        decideAllButTheLast();
        decide(DRAWS);
        assertState(IEscrow.State.Proven, "paid");
    }

    function expectRefused(bytes memory reason, uint32 draw) private {
        vm.expectRevert(reason);
        decide(draw);
    }
}

contract ProgressTest is ContestTest {
    function setUp() public override {
        super.setUp();
        seeded();
    }

    function testFuzz_what_is_left_of_a_draw_is_kept_as_the_verifier_said_it(bytes32 left) public {
        vm.assume(left != 0);
        vm.expectEmit(address(escrow));
        emit IEscrow.Answered(id(), 2, left);
        answer(2, left);
        vm.assertEq(escrow.progress(id(), 2), left, "kept");
        vm.assertEq(escrow.progress(id(), 1), 0, "of this draw alone");
        vm.assertEq(escrow.job(id()).decided, 0, "nothing is decided");
        answer(2, keccak256(abi.encode(left)));
        vm.assertEq(escrow.progress(id(), 2), keccak256(abi.encode(left)), "the last answer's");
        decide(2);
        vm.assertEq(escrow.progress(id(), 2), 0, "nothing is left");
        vm.assertEq(escrow.job(id()).decided, 1 << 2, "decided");
    }

    function test_a_draw_with_something_left_does_not_pay() public {
        decideAllButTheLast();
        answer(DRAWS, keccak256("left"));
        assertState(IEscrow.State.Committed, "not yet");
        vm.assertEq(account(RIG).credit, 0, "nothing");
        decide(DRAWS);
        assertState(IEscrow.State.Proven, "now it does");
    }

    function test_a_rig_can_begin_a_draw_again() public {
        answer(1, keccak256("left"));
        answer(2, keccak256("left"));
        vm.expectEmit(address(escrow));
        emit IEscrow.Restarted(id(), 1);
        vm.prank(RIG);
        escrow.restart(terms, 1);
        vm.assertEq(escrow.progress(id(), 1), 0, "forgotten");
        vm.assertEq(escrow.progress(id(), 2), keccak256("left"), "of this draw alone");
        vm.assertEq(escrow.job(id()).decided, 0, "nothing is decided by it");
    }

    function test_only_the_rig_begins_again() public {
        answer(1, keccak256("left"));
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotRig.selector, CLIENT));
        vm.prank(CLIENT);
        escrow.restart(terms, 1);
    }

    function test_what_cannot_be_answered_cannot_begin_again() public {
        decide(1);
        expectNoRestart(abi.encodeWithSelector(IEscrow.AlreadyDecided.selector, 1), 1);
        expectNoRestart(abi.encodeWithSelector(IEscrow.NoSuchDraw.selector, DRAWS + 1), DRAWS + 1);
        vm.warp(terms.proveBy);
        expectNoRestart(abi.encodeWithSelector(IEscrow.TooLate.selector, terms.proveBy), 2);
        escrow.forfeit(terms);
        expectNoRestart(abi.encodeWithSelector(IEscrow.WrongState.selector, id(), IEscrow.State.Slashed), 2);
    }

    function test_a_restart_needs_draws() public {
        receipt.job = terms.jobDigest = keccak256("second job");
        open();
        commit();
        expectNoRestart(abi.encodeWithSelector(IEscrow.NotSeeded.selector, id()), 0);
    }

    function expectNoRestart(bytes memory reason, uint32 draw) private {
        vm.expectRevert(reason);
        vm.prank(RIG);
        escrow.restart(terms, draw);
    }
}

contract QuestionTest is ContestTest {
    function setUp() public override {
        super.setUp();
        use(0x61737902, new EchoVerifier());
        terms.verifier = 0x61737902;
        seeded();
    }

    function testFuzz_the_verifier_is_asked_about_this_job_this_receipt_this_draw(uint32 draw, bytes calldata shown)
        public
    {
        draw = draw % (DRAWS + 1);
        bytes32 first = ask(draw, 0, shown);
        // And the second time, what it said the first time is in the question.
        bytes32 second = ask(draw, first, shown);
        ask(draw, second, "");
        vm.prank(RIG);
        escrow.restart(terms, draw);
        ask(draw, 0, shown);
    }

    function ask(uint32 draw, bytes32 before, bytes memory shown) private returns (bytes32 expected) {
        Question memory question = Question({
            id: id(),
            jobDigest: keccak256("job"),
            record: keccak256("record"),
            receipt: Typed.hash(receipt),
            settlementRoot: keccak256("settlement"),
            prompt: keccak256("prompt"),
            promptTokens: 17,
            tokens: TOKENS,
            seed: escrow.job(id()).seed,
            draw: draw,
            draws: DRAWS,
            progress: before
        });
        expected = keccak256(abi.encode(question, shown));
        vm.prank(RIG);
        escrow.prove(terms, receipt, draw, shown);
        vm.assertEq(escrow.progress(id(), draw), expected, "every field of the question, and the answer");
    }
}
