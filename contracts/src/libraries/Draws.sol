// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

import {Shape} from "../types/Shape.sol";
import {Kind, Unit} from "../types/Steps.sol";
import {Profile, Works} from "./Works.sol";

/// @notice What draws depend on besides their seed.
struct Extent {
    Shape shape;
    /// Positions of the trace.
    uint32 positions;
    /// First position with final_norm, head and sample.
    uint32 tailFrom;
}

/// @notice Words of one draw.
struct Stream {
    bytes32 seed;
    uint256 draw;
    /// Number of the next word.
    uint256 next;
}

/// @notice The units that a contract draws: the rule of the library's unit mode over a stream that is cheap on a chain.
/// @dev Even draws go by work, odd ones uniformly over (layer, kind), then the positions that have the step, then its
/// units. Every draw has a stream of its own, so one can be made without the others. verifier/src/settlement/draw.rs is the
/// other side; tests/vectors/chain/draws.json holds both to the same units.
library Draws {
    bytes32 private constant SEED = keccak256("assay v1 chain draw");
    bytes32 private constant WORD = keccak256("assay v1 chain draw word");

    /// @notice Seed of a job's draws, from randomness that nobody knew when the receipt was committed.
    function seed(bytes32 randomness, bytes32 jobId, bytes32 receipt) internal pure returns (bytes32) {
        return keccak256(abi.encode(SEED, randomness, jobId, receipt));
    }

    /// @notice Draw number `i`.
    function unit(bytes32 from, Extent memory extent, uint32 i) internal pure returns (Unit memory) {
        Stream memory stream = Stream(from, i, 0);
        return i % 2 == 0 ? byWork(stream, extent) : byClass(stream, extent);
    }

    /// @notice What is taken whatever was drawn: at the last position, the chunk of the last token's logit, and the sample.
    function always(Extent memory extent, uint32 lastToken)
        internal
        pure
        returns (Unit memory head, Unit memory sample)
    {
        uint32 last = extent.positions - 1;
        uint32 body = uint32(extent.shape.bodySteps());
        head = Unit(last, body + 1, uint32(lastToken / Works.CHUNK));
        sample = Unit(last, body + 2, 0);
    }

    function byWork(Stream memory stream, Extent memory extent) private pure returns (Unit memory) {
        Shape memory shape = extent.shape;
        Profile memory works = Works.profile(shape, extent.tailFrom);
        uint256 total = Works.before(works, extent.positions);
        uint256 t = Works.positionAt(works, extent.positions, below(stream, total));
        uint256 step = Works.stepAt(shape, t, below(stream, Works.ofPosition(works, t)));
        Kind kind = Works.kindOf(shape, step);
        uint256 number = Works.unitAt(shape, kind, t, below(stream, Works.ofStep(shape, kind, t)));
        return Unit(uint32(t), uint32(step), uint32(number));
    }

    function byClass(Stream memory stream, Extent memory extent) private pure returns (Unit memory) {
        uint256 body = extent.shape.bodySteps();
        uint256 step = below(stream, body + 3);
        uint256 first = step < body ? 0 : extent.tailFrom;
        uint256 t = first + below(stream, extent.positions - first);
        uint256 number = below(stream, Works.unitCount(extent.shape, Works.kindOf(extent.shape, step)));
        return Unit(uint32(t), uint32(step), uint32(number));
    }

    /// @notice A number below `bound`, each as likely as any other: words from the last, incomplete run of `bound` are passed over.
    function below(Stream memory stream, uint256 bound) internal pure returns (uint256) {
        if (bound <= 1) return 0;
        uint256 tail = (1 << 128) % bound;
        // A second word is needed once in 2^60 draws: bounds are far below 2^68.
        while (true) {
            uint256 word = uint256(keccak256(abi.encode(WORD, stream.seed, stream.draw, stream.next++))) >> 128;
            if (word < (1 << 128) - tail) return word % bound;
        }
        return 0;
    }
}
