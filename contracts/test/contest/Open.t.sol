// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {IUnitVerifier} from "../../src/interfaces/IUnitVerifier.sol";
import {IVerifierRouter} from "../../src/interfaces/IVerifierRouter.sol";
import {ContestTest} from "../support/ContestTest.sol";

contract ContestOpenTest is ContestTest {
    function test_a_contested_job_keeps_the_verifier_of_its_selector() public {
        open();
        vm.assertEq(address(escrow.job(id()).verifier), address(verifier), "the verifier");
        assertState(IEscrow.State.Open, "the job is open");
        vm.assertEq(token.balanceOf(address(escrow)), ESCROWED, "what the escrow holds");
    }

    function test_a_job_without_a_verifier_keeps_none() public {
        terms = someTerms();
        open();
        vm.assertEq(address(escrow.job(id()).verifier), address(0), "none");
    }

    /// Nobody shall believe in a lane that is not there.
    function test_without_a_verifier_the_other_terms_of_the_lane_are_refused() public {
        for (uint256 field = 0; field < 5; field++) {
            terms = someTerms();
            if (field == 0) terms.record = keccak256("record");
            if (field == 1) terms.prompt = keccak256("prompt");
            if (field == 2) terms.promptTokens = 1;
            if (field == 3) terms.draws = 1;
            if (field == 4) terms.proveBy = terms.acknowledgeBy + 2 days;
            expectRefused(abi.encodeWithSelector(IEscrow.NoContestedLane.selector));
        }
    }

    function test_a_contested_job_has_a_record() public {
        terms.record = 0;
        expectRefused(abi.encodeWithSelector(IEscrow.NoRecord.selector));
    }

    function test_a_contested_job_has_a_prompt() public {
        terms.prompt = 0;
        expectRefused(abi.encodeWithSelector(IEscrow.NoPrompt.selector));
    }

    function test_a_prompt_has_a_token() public {
        terms.promptTokens = 0;
        expectRefused(abi.encodeWithSelector(IEscrow.NoPrompt.selector));
    }

    function testFuzz_a_contested_job_has_1_to_64_draws(uint32 draws) public {
        terms.draws = draws % 70;
        if (terms.draws == 0 || terms.draws > 64) {
            expectRefused(abi.encodeWithSelector(IEscrow.BadDraws.selector, terms.draws));
        } else {
            open();
        }
    }

    function test_65_draws_are_too_many_and_64_are_not() public {
        terms.draws = 0;
        expectRefused(abi.encodeWithSelector(IEscrow.BadDraws.selector, 0));
        terms.draws = 65;
        expectRefused(abi.encodeWithSelector(IEscrow.BadDraws.selector, 65));
        terms.draws = 64;
        open();
    }

    function test_a_rig_has_a_day_to_prove_after_the_client_is_late() public {
        uint64 least = terms.acknowledgeBy + 1 days;
        terms.proveBy = least - 1;
        expectBadProveBy(least);
        terms.proveBy = least;
        open();
    }

    function test_a_rig_has_a_day_to_prove_after_the_last_round_that_can_decide() public {
        terms.acknowledgeBy = terms.commitBy + 1;
        uint64 least = terms.commitBy + 30 seconds + 13 minutes + 1 days;
        terms.proveBy = least - 1;
        expectBadProveBy(least);
        terms.proveBy = least;
        open();
    }

    function test_proofs_end_at_most_thirty_days_ahead() public {
        terms.proveBy = START + 30 days + 1;
        expectBadProveBy(terms.acknowledgeBy + 1 days);
        terms.proveBy = START + 30 days;
        open();
    }

    function testFuzz_the_deadlines_of_a_contested_job_leave_time_and_not_too_much(uint64 a, uint64 b, uint64 c)
        public
    {
        terms.commitBy = START + 1 + uint64(bound(a, 0, 32 days));
        terms.acknowledgeBy = terms.commitBy + 1 + uint64(bound(b, 0, 2 days));
        terms.proveBy = terms.commitBy - 1 hours + uint64(bound(c, 0, 6 days));
        uint64 known = terms.commitBy + 13 minutes + 30 seconds;
        uint64 least = 1 days + (known > terms.acknowledgeBy ? known : terms.acknowledgeBy);
        if (terms.acknowledgeBy > START + 30 days) {
            expectRefused(abi.encodeWithSelector(IEscrow.BadDeadlines.selector, terms.commitBy, terms.acknowledgeBy));
        } else if (terms.proveBy < least || terms.proveBy > START + 30 days) {
            expectBadProveBy(least);
        } else {
            open();
        }
    }

    function test_a_selector_without_a_verifier_is_refused() public {
        terms.verifier = 0x61737902;
        expectRefused(abi.encodeWithSelector(IVerifierRouter.NoVerifier.selector, terms.verifier));
    }

    function test_a_retired_selector_is_refused() public {
        vm.prank(OWNER);
        router.retire(SELECTOR);
        expectRefused(abi.encodeWithSelector(IVerifierRouter.SelectorRetired.selector, SELECTOR));
    }

    function test_what_the_router_does_touches_no_job_that_is_open() public {
        open();
        vm.prank(OWNER);
        router.retire(SELECTOR);
        bond(STAKE);
        commit();
        vm.warp(START + 15 minutes);
        bring();
        escrow.seed(terms);
        decideAllButTheLast();
        decide(DRAWS);
        assertState(IEscrow.State.Proven, "the job is paid");
    }

    /// A router that gives a selector another verifier is none of this project's; the job does not ask it again all the same.
    function test_a_router_that_changes_its_mind_touches_no_job_that_is_open() public {
        open();
        vm.etch(address(router), address(new ChangingRouter()).code);
        vm.assertTrue(address(router.verifierOf(SELECTOR)) != address(verifier), "the router has another one now");
        vm.assertEq(address(escrow.job(id()).verifier), address(verifier), "the job has the first");
        bond(STAKE);
        commit();
        vm.warp(START + 15 minutes);
        bring();
        escrow.seed(terms);
        decideAllButTheLast();
        decide(DRAWS);
        assertState(IEscrow.State.Proven, "the job is paid");
    }

    function test_a_pause_stops_new_contested_jobs() public {
        vm.prank(OWNER);
        escrow.pause();
        expectRefused(abi.encodeWithSelector(Pausable.EnforcedPause.selector));
    }

    function expectBadProveBy(uint64 least) private {
        expectRefused(abi.encodeWithSelector(IEscrow.BadProveBy.selector, terms.proveBy, least, START + 30 days));
    }

    function expectRefused(bytes memory reason) private {
        vm.expectRevert(reason);
        open();
    }
}

contract ChangingRouter {
    function verifierOf(bytes4) external view returns (IUnitVerifier) {
        return IUnitVerifier(address(this));
    }
}

contract ContestCommitTest is ContestTest {
    function setUp() public override {
        super.setUp();
        opened();
    }

    function test_a_contested_receipt_has_a_settlement_root() public {
        receipt.settlementRoot = 0;
        bytes memory signature = sign(receipt);
        vm.expectRevert(IEscrow.NoSettlementRoot.selector);
        vm.prank(RIG);
        escrow.commit(terms, receipt, signature);
    }

    function test_a_commit_reserves_the_stake_and_knows_no_draw() public {
        commit();
        vm.assertEq(account(RIG).free, STAKE, "what is left of twice the stake");
        IEscrow.Job memory job = escrow.job(id());
        vm.assertEq(job.committedAt, START, "the second of the commit");
        vm.assertEq(job.tokens, TOKENS, "tokens of the receipt");
        vm.assertEq(job.seed | bytes32(uint256(job.seededAt | job.decided)), bytes32(0), "nothing is drawn");
        vm.assertEq(address(job.verifier), address(verifier), "the verifier stays");
    }

    function test_without_a_commit_the_client_has_its_money_back() public {
        vm.warp(terms.commitBy);
        escrow.refund(terms);
        vm.assertEq(account(CLIENT).credit, ESCROWED, "all of it");
    }
}
