//! SIMD arithmetic on slices: quantised products, attention, the delta rule.
