// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {ILedger} from "../../src/interfaces/ILedger.sol";
import {IUnitVerifier} from "../../src/interfaces/IUnitVerifier.sol";
import {ContestTest} from "../support/ContestTest.sol";
import {CallingToken} from "../support/Tokens.sol";
import {CallingVerifier, EndlessVerifier} from "../support/VerifierDouble.sol";

/// @notice A verifier that calls back while it is asked: everything that changes anything is shut then.
contract ReentrantVerifierTest is ContestTest {
    function setUp() public override {
        super.setUp();
        use(0x61737902, IUnitVerifier(address(new CallingVerifier())));
        terms.verifier = 0x61737902;
        seeded();
    }

    function test_prove_is_shut() public {
        requireShut(abi.encodeCall(IEscrow.prove, (terms, receipt, 0, "")));
    }

    function test_seed_restart_forfeit_and_expire_are_shut() public {
        requireShut(abi.encodeCall(IEscrow.seed, (terms)));
        requireShut(abi.encodeCall(IEscrow.restart, (terms, 0)));
        requireShut(abi.encodeCall(IEscrow.forfeit, (terms)));
        requireShut(abi.encodeCall(IEscrow.expire, (terms)));
    }

    function test_acknowledge_and_slash_are_shut() public {
        requireShut(abi.encodeCall(IEscrow.acknowledge, (terms, TOKENS, take(TOKENS))));
        (bytes memory a, bytes memory b) = (sign(receipt), sign(otherReceipt()));
        requireShut(abi.encodeCall(IEscrow.slash, (terms, receipt, a, otherReceipt(), b)));
    }

    function test_accounts_are_shut() public {
        requireShut(abi.encodeCall(ILedger.bond, (0)));
        requireShut(abi.encodeCall(ILedger.unbond, (0)));
        requireShut(abi.encodeCall(ILedger.release, ()));
        requireShut(abi.encodeCall(ILedger.withdraw, (RIG)));
        requireShut(abi.encodeCall(ILedger.burn, ()));
    }

    /// A verifier is asked in a way that lets it change nothing, the lock aside.
    function test_not_even_a_pause_can_come_from_within() public {
        address asked = address(escrow.job(id()).verifier);
        vm.prank(OWNER);
        escrow.transferOwnership(asked);
        vm.prank(RIG);
        escrow.prove(terms, receipt, 0, abi.encodeWithSignature("acceptOwnership()"));
        vm.assertEq(escrow.owner(), OWNER, "nothing changed");
    }

    function requireShut(bytes memory call) private {
        vm.prank(RIG);
        escrow.prove(terms, receipt, 1, call);
        bytes4 reason = bytes4(escrow.progress(id(), 1));
        vm.assertTrue(
            reason == ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector, "because the contract was shut"
        );
        assertState(IEscrow.State.Committed, "nothing happened");
    }
}

contract HostileVerifierTest is ContestTest {
    /// Both sides named it in their terms. It can cost the rig its stake, and nobody else's job anything.
    function test_a_verifier_that_never_answers_holds_up_no_other_job() public {
        proven();
        use(0x61737902, new EndlessVerifier());
        (terms.verifier, terms.jobDigest) = (0x61737902, keccak256("second job"));
        receipt.job = terms.jobDigest;
        open();
        commit();
        bring();
        escrow.seed(terms);
        vm.prank(RIG);
        (bool done,) =
            address(escrow).call{gas: 1_000_000}(abi.encodeCall(IEscrow.prove, (terms, receipt, 0, abi.encode(0))));
        vm.assertTrue(!done, "it used all gas");
        vm.prank(CLIENT);
        escrow.acknowledge(terms, TOKENS, "");
        vm.prank(RIG);
        escrow.withdraw(RIG);
    }
}

/// @notice A token that calls back while it moves: the calls of the contested lane are shut then too.
contract ContestReentranceTest is ContestTest {
    CallingToken private calling;

    function setUp() public override {
        super.setUp();
        calling = new CallingToken();
        deploy(calling);
        use(SELECTOR, verifier);
        contest();
        seeded();
    }

    function test_seed_prove_restart_and_forfeit_are_shut_while_a_token_moves() public {
        whileBonding(abi.encodeCall(IEscrow.seed, (terms)));
        whileBonding(abi.encodeCall(IEscrow.prove, (terms, receipt, 0, abi.encode(0))));
        whileBonding(abi.encodeCall(IEscrow.restart, (terms, 0)));
        vm.warp(terms.proveBy);
        whileBonding(abi.encodeCall(IEscrow.forfeit, (terms)));
        assertState(IEscrow.State.Committed, "nothing happened");
    }

    function whileBonding(bytes memory data) private {
        calling.setCall(address(escrow), data);
        vm.prank(OTHER);
        escrow.bond(1);
        vm.assertTrue(!calling.succeeded(), "the call from within failed");
        vm.assertTrue(
            bytes4(calling.answer()) == ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector,
            "because the contract was shut"
        );
    }
}

/// @notice Whoever sees a transaction before it is in a block can send its bytes first, or others.
contract ContestFrontRunTest is ContestTest {
    function test_a_seed_that_another_sends_first_is_the_same() public {
        committed();
        bring();
        vm.prank(OTHER);
        escrow.seed(terms);
        bytes32 first = escrow.job(id()).seed;
        vm.expectRevert(abi.encodeWithSelector(IEscrow.AlreadySeeded.selector, id()));
        vm.prank(RIG);
        escrow.seed(terms);
        vm.assertEq(escrow.job(id()).seed, first, "there is one");
    }

    function test_an_answer_cannot_be_sent_by_another() public {
        seeded();
        answer(0, keccak256("left"));
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotRig.selector, OTHER));
        vm.prank(OTHER);
        escrow.prove(terms, receipt, 0, abi.encode(keccak256("an older answer")));
        vm.assertEq(escrow.progress(id(), 0), keccak256("left"), "the rig's progress stands");
    }

    function test_a_forfeit_cannot_overtake_the_last_proof() public {
        seeded();
        decideAllButTheLast();
        vm.warp(terms.proveBy - 1);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.TooEarly.selector, terms.proveBy));
        vm.prank(CLIENT);
        escrow.forfeit(terms);
        decide(DRAWS);
        assertState(IEscrow.State.Proven, "paid");
    }

    function test_an_expiry_cannot_overtake_the_draws() public {
        committed();
        bring();
        vm.warp(terms.proveBy + 7 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.TooEarly.selector, terms.proveBy + 7 days));
        vm.prank(RIG);
        escrow.expire(terms);
        escrow.seed(terms);
    }
}

/// @notice What the owner can do: stop new jobs. Nothing that is under way stops.
contract ContestPauseTest is ContestTest {
    function test_a_paused_job_is_committed_seeded_and_proven() public {
        opened();
        pause();
        commit();
        bring();
        escrow.seed(terms);
        answer(0, keccak256("left"));
        vm.prank(RIG);
        escrow.restart(terms, 0);
        decideAllButTheLast();
        decide(DRAWS);
        vm.prank(RIG);
        escrow.withdraw(RIG);
    }

    function test_a_paused_job_is_forfeited() public {
        seeded();
        pause();
        vm.warp(terms.proveBy);
        escrow.forfeit(terms);
    }

    function test_a_paused_job_expires() public {
        committed();
        pause();
        vm.warp(terms.proveBy + 7 days);
        escrow.expire(terms);
    }

    function pause() private {
        vm.prank(OWNER);
        escrow.pause();
    }
}
