//! Hugging Face's names for GGUF's tensors (QWEN35.md §3 and §4).

use super::names::{Change, Spelling};

/// Our name within a block → the name within a layer, and the change.
const LAYER: &[(&str, &str, Change)] = &[
    ("attn_norm.weight", "input_layernorm.weight", Change::PlusOne),
    ("post_attention_norm.weight", "post_attention_layernorm.weight", Change::PlusOne),
    ("attn_q.weight", "self_attn.q_proj.weight", Change::None),
    ("attn_k.weight", "self_attn.k_proj.weight", Change::None),
    ("attn_v.weight", "self_attn.v_proj.weight", Change::None),
    ("attn_output.weight", "self_attn.o_proj.weight", Change::None),
    ("attn_q_norm.weight", "self_attn.q_norm.weight", Change::PlusOne),
    ("attn_k_norm.weight", "self_attn.k_norm.weight", Change::PlusOne),
    ("attn_qkv.weight", "linear_attn.in_proj_qkv.weight", Change::None),
    ("attn_gate.weight", "linear_attn.in_proj_z.weight", Change::None),
    ("ssm_beta.weight", "linear_attn.in_proj_b.weight", Change::None),
    ("ssm_alpha.weight", "linear_attn.in_proj_a.weight", Change::None),
    ("ssm_a", "linear_attn.A_log", Change::NegativeExponential),
    ("ssm_dt.bias", "linear_attn.dt_bias", Change::None),
    ("ssm_conv1d.weight", "linear_attn.conv1d.weight", Change::None),
    ("ssm_norm.weight", "linear_attn.norm.weight", Change::None),
    ("ssm_out.weight", "linear_attn.out_proj.weight", Change::None),
    ("ffn_gate.weight", "mlp.gate_proj.weight", Change::None),
    ("ffn_up.weight", "mlp.up_proj.weight", Change::None),
    ("ffn_down.weight", "mlp.down_proj.weight", Change::None),
    ("ffn_gate_inp.weight", "mlp.gate.weight", Change::None),
    ("ffn_gate_exps.weight", "mlp.experts.gate_up_proj", Change::None),
    ("ffn_up_exps.weight", "mlp.experts.gate_up_proj", Change::None),
    ("ffn_down_exps.weight", "mlp.experts.down_proj", Change::None),
    ("ffn_gate_shexp.weight", "mlp.shared_expert.gate_proj.weight", Change::None),
    ("ffn_up_shexp.weight", "mlp.shared_expert.up_proj.weight", Change::None),
    ("ffn_down_shexp.weight", "mlp.shared_expert.down_proj.weight", Change::None),
    ("ffn_gate_inp_shexp.weight", "mlp.shared_expert_gate.weight", Change::None),
];

/// The spelling of our `ours` under `prefix`; a name that we never ask for stays as it is and is then missing.
pub(super) fn spell(prefix: &str, ours: &str, shape: &[usize]) -> Spelling {
    let plain = |name: String, change| Spelling { name, shape: shape.to_vec(), change, skip_rows: 0 };
    match ours {
        "token_embd.weight" => return plain(format!("{prefix}embed_tokens.weight"), Change::None),
        "output.weight" => return plain("lm_head.weight".into(), Change::None),
        "output_norm.weight" => return plain(format!("{prefix}norm.weight"), Change::PlusOne),
        _ => {}
    }
    let block = ours.strip_prefix("blk.").and_then(|rest| rest.split_once('.'));
    let found = block.and_then(|(number, name)| Some((number, LAYER.iter().find(|entry| entry.0 == name)?)));
    let Some((number, (ours, theirs, change))) = found else { return plain(ours.into(), Change::None) };
    let mut spelling = plain(format!("{prefix}layers.{number}.{theirs}"), *change);
    match *ours {
        "ssm_conv1d.weight" => spelling.shape.insert(1, 1),
        // Gate rows come first, then up's, expert by expert.
        "ffn_gate_exps.weight" => spelling.shape[1] *= 2,
        "ffn_up_exps.weight" => {
            spelling.skip_rows = spelling.shape[1];
            spelling.shape[1] *= 2;
        }
        _ => {}
    }
    spelling
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_shapes_and_changes_follow_the_converter() {
        let p = "model.language_model.";
        let spelled = spell(p, "blk.3.attn_q_norm.weight", &[256]);
        assert_eq!((spelled.name.as_str(), spelled.change), ("model.language_model.layers.3.self_attn.q_norm.weight", Change::PlusOne));
        assert_eq!(spell(p, "blk.0.ssm_norm.weight", &[128]).change, Change::None);
        assert_eq!(spell(p, "blk.0.ssm_conv1d.weight", &[6144, 4]).shape, [6144, 1, 4]);
        let up = spell(p, "blk.11.ffn_up_exps.weight", &[8, 64, 128]);
        assert_eq!((up.name.as_str(), up.skip_rows), ("model.language_model.layers.11.mlp.experts.gate_up_proj", 64));
        assert_eq!(up.shape, [8, 128, 128]);
        assert_eq!(spell(p, "output_norm.weight", &[4]).name, "model.language_model.norm.weight");
    }
}
