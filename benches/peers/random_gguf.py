#!/usr/bin/env python3
"""A GGUF file of random weights in the shape of a Qwen3.5 dense model, so that speed can be compared on one file where no trained weights
can be had. The vocabulary is a stand-in: token ids are what counts. bf16; llama.cpp's own quantiser makes the rest of it.

    pip install gguf numpy
    python3 benches/peers/random_gguf.py 0.8b out.gguf
"""
import sys

import gguf
import numpy as np

# hidden, layers, query heads, KV heads, V heads of the linear layers, feed-forward, tied
SIZES = {
    "0.8b": (1024, 24, 8, 2, 16, 3584, True),
    "2b": (2048, 24, 8, 2, 16, 6144, True),
    "4b": (2560, 32, 16, 4, 32, 9216, True),
}
VOCABULARY, HEAD, KEY_HEADS, STATE, CONVOLUTION, INTERVAL = 248_320, 256, 16, 128, 4, 4


def main(size, path):
    hidden, layers, heads, kv_heads, value_heads, feed_forward, tied = SIZES[size]
    keys, values = KEY_HEADS * STATE, value_heads * STATE
    random = np.random.default_rng(1)
    writer = gguf.GGUFWriter(path, "qwen35")
    describe(writer, hidden, layers, heads, kv_heads, value_heads, feed_forward)

    def matrix(name, rows, columns):
        weights = (random.standard_normal((rows, columns), dtype=np.float32) * columns**-0.5)
        writer.add_tensor(name, gguf.quants.quantize(weights, gguf.GGMLQuantizationType.BF16),
                          raw_dtype=gguf.GGMLQuantizationType.BF16)

    def vector(name, values):
        writer.add_tensor(name, np.ascontiguousarray(values, dtype=np.float32))

    matrix("token_embd.weight", VOCABULARY, hidden)
    for layer in range(layers):
        block = f"blk.{layer}."
        vector(block + "attn_norm.weight", np.ones(hidden))
        vector(block + "post_attention_norm.weight", np.ones(hidden))
        matrix(block + "ffn_gate.weight", feed_forward, hidden)
        matrix(block + "ffn_up.weight", feed_forward, hidden)
        matrix(block + "ffn_down.weight", hidden, feed_forward)
        if (layer + 1) % INTERVAL == 0:
            matrix(block + "attn_q.weight", 2 * heads * HEAD, hidden)
            matrix(block + "attn_k.weight", kv_heads * HEAD, hidden)
            matrix(block + "attn_v.weight", kv_heads * HEAD, hidden)
            matrix(block + "attn_output.weight", hidden, heads * HEAD)
            vector(block + "attn_q_norm.weight", np.ones(HEAD))
            vector(block + "attn_k_norm.weight", np.ones(HEAD))
        else:
            matrix(block + "attn_qkv.weight", 2 * keys + values, hidden)
            matrix(block + "attn_gate.weight", values, hidden)
            matrix(block + "ssm_alpha.weight", value_heads, hidden)
            matrix(block + "ssm_beta.weight", value_heads, hidden)
            matrix(block + "ssm_out.weight", hidden, values)
            vector(block + "ssm_a", -np.exp(random.uniform(0, 2, value_heads)))
            vector(block + "ssm_dt.bias", random.uniform(-4, -1, value_heads))
            vector(block + "ssm_conv1d.weight", random.standard_normal((2 * keys + values, CONVOLUTION)) / 2)
            vector(block + "ssm_norm.weight", np.ones(STATE))
    vector("output_norm.weight", np.ones(hidden))
    if not tied:
        matrix("output.weight", VOCABULARY, hidden)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def describe(writer, hidden, layers, heads, kv_heads, value_heads, feed_forward):
    writer.add_block_count(layers)
    writer.add_context_length(262_144)
    writer.add_embedding_length(hidden)
    writer.add_feed_forward_length(feed_forward)
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv_heads)
    writer.add_key_length(HEAD)
    writer.add_value_length(HEAD)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(1e7)
    writer.add_rope_dimension_count(64)
    writer.add_array("qwen35.rope.dimension_sections", [11, 11, 10, 0])
    writer.add_ssm_conv_kernel(CONVOLUTION)
    writer.add_ssm_state_size(STATE)
    writer.add_ssm_group_count(KEY_HEADS)
    writer.add_ssm_time_step_rank(value_heads)
    writer.add_ssm_inner_size(value_heads * STATE)
    writer.add_uint32("qwen35.full_attention_interval", INTERVAL)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_BF16)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen35")
    symbols = [chr(code) for code in range(256, 512)]
    writer.add_token_list(symbols + [f"<t{number}>" for number in range(256, VOCABULARY)])
    writer.add_token_types([1] * 256 + [4] * (VOCABULARY - 256))
    writer.add_token_merges(["\u0120 t", "\u0120 a", "h e", "i n"])
    writer.add_eos_token_id(VOCABULARY - 1)


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in SIZES:
        sys.exit(f"usage: random_gguf.py {'|'.join(SIZES)} OUT.gguf")
    main(sys.argv[1], sys.argv[2])
