#pragma once

/// Compiles a function several times for newer x86-64 levels; the loader picks one for the CPU it finds. The binary
/// itself stays baseline x86-64. The results do not depend on the level: products and sums are never contracted
/// (-ffp-contract=off) nor reordered. Off under sanitizers (they run before the loader resolves the clones) and under
/// clang, which places the attribute differently.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define QS_MULTIVERSION __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define QS_MULTIVERSION
#endif

/// Helpers of a multiversioned function have to be part of its body, or they stay baseline code.
#define QS_FORCE_INLINE __attribute__((always_inline)) inline
