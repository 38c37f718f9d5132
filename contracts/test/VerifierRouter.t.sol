// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {VerifierRouter} from "../src/VerifierRouter.sol";
import {IUnitVerifier, Question} from "../src/interfaces/IUnitVerifier.sol";
import {IVerifierRouter} from "../src/interfaces/IVerifierRouter.sol";
import {Test} from "./support/Test.sol";

contract VerifierDouble is IUnitVerifier {
    function decidable() external pure returns (uint16) {
        return 0;
    }

    function decide(Question calldata, bytes calldata) external pure returns (bytes32) {
        return 0;
    }
}

contract VerifierRouterTest is Test {
    bytes4 private constant SELECTOR = 0x61737901;

    VerifierRouter private router = new VerifierRouter(address(this));
    IUnitVerifier private verifier = new VerifierDouble();

    function test_a_selector_has_the_verifier_that_it_was_given() public {
        vm.expectEmit(address(router));
        emit IVerifierRouter.Added(SELECTOR, verifier);
        router.add(SELECTOR, verifier);
        vm.assertEq(address(router.verifierOf(SELECTOR)), address(verifier), "the verifier");
    }

    function test_a_selector_is_given_once() public {
        router.add(SELECTOR, verifier);
        IUnitVerifier other = new VerifierDouble();
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.SelectorInUse.selector, SELECTOR));
        router.add(SELECTOR, other);
    }

    function test_a_retired_selector_has_no_verifier_ever_again() public {
        router.add(SELECTOR, verifier);
        vm.expectEmit(address(router));
        emit IVerifierRouter.Retired(SELECTOR);
        router.retire(SELECTOR);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.SelectorRetired.selector, SELECTOR));
        router.verifierOf(SELECTOR);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.SelectorInUse.selector, SELECTOR));
        router.add(SELECTOR, verifier);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.SelectorRetired.selector, SELECTOR));
        router.retire(SELECTOR);
    }

    function test_what_was_never_added_has_no_verifier() public {
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.NoVerifier.selector, SELECTOR));
        router.verifierOf(SELECTOR);
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.NoVerifier.selector, SELECTOR));
        router.retire(SELECTOR);
    }

    function test_the_zero_selector_means_none() public {
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.NoVerifier.selector, bytes4(0)));
        router.add(0, verifier);
    }

    function test_a_verifier_is_a_contract() public {
        vm.expectRevert(abi.encodeWithSelector(IVerifierRouter.NoVerifier.selector, SELECTOR));
        router.add(SELECTOR, IUnitVerifier(address(0x123456)));
    }

    function test_only_the_owner_adds_and_retires() public {
        address other = address(0x07EE);
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, other));
        vm.prank(other);
        router.add(SELECTOR, verifier);
        router.add(SELECTOR, verifier);
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, other));
        vm.prank(other);
        router.retire(SELECTOR);
    }
}
