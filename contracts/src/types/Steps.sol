// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.28;

/// @notice What a step does; numbered as in docs/protocol.md, section 1.
enum Kind {
    Embed,
    AttnNorm,
    Qkv,
    Kv,
    Attention,
    AttnPack,
    O,
    FfnNorm,
    GateUp,
    Act,
    Down,
    FinalNorm,
    Head,
    Sample
}

/// @notice One unit of a trace: position, step, unit.
struct Unit {
    uint32 t;
    uint32 step;
    uint32 unit;
}
