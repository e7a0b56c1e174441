//! A radix tree over token ids: runs of tokens that part exactly where texts do, with a value at the end of some.
//!
//! It knows nothing of what the values are. Several roots share one arena; nothing leads from one to another.

use std::collections::BTreeSet;

/// A node, valid until it is removed.
pub(super) type NodeId = usize;

pub(super) struct Radix<T> {
    nodes: Vec<Node<T>>,
    /// Places of removed nodes.
    free: Vec<NodeId>,
    /// Nodes that hold a value; there are many more that do not.
    holders: BTreeSet<NodeId>,
    /// Tokens in all runs.
    tokens: usize,
}

struct Node<T> {
    parent: Option<NodeId>,
    /// First tokens of runs differ.
    children: Vec<NodeId>,
    /// Empty at a root only.
    run: Vec<u32>,
    /// Tokens from the root to the end of `run`.
    end: usize,
    /// Values below this node, its own not counted.
    below: usize,
    /// When a walk last came through.
    used: u64,
    value: Option<T>,
    /// Whether there was a value that was taken away.
    emptied: bool,
}

/// How far a text goes along the tree.
pub(super) struct Walk {
    /// Nodes that lie wholly on it, the root first.
    pub(super) nodes: Vec<NodeId>,
    /// Tokens that are the same.
    pub(super) matched: usize,
    /// What comes behind them.
    pub(super) parting: Parting,
}

/// Where a text leaves the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parting {
    /// Nowhere: the text ends first.
    TextEnds,
    /// Where nothing was read yet.
    TreeEnds,
    /// At a node that has other children: others have parted there before.
    AtNode,
    /// Within a run.
    InRun,
}

impl<T> Radix<T> {
    pub(super) fn new() -> Self {
        Self { nodes: Vec::new(), free: Vec::new(), holders: BTreeSet::new(), tokens: 0 }
    }

    /// An empty tree of its own.
    pub(super) fn root(&mut self) -> NodeId {
        self.node(None, Vec::new(), 0, 0)
    }

    /// Tokens in all runs of all trees.
    pub(super) fn tokens(&self) -> usize {
        self.tokens
    }

    pub(super) fn end(&self, node: NodeId) -> usize {
        self.nodes[node].end
    }

    pub(super) fn value(&self, node: NodeId) -> Option<&T> {
        self.nodes[node].value.as_ref()
    }

    pub(super) fn value_mut(&mut self, node: NodeId) -> Option<&mut T> {
        self.nodes[node].value.as_mut()
    }

    /// Whether a value was taken away here and none came back.
    pub(super) fn is_emptied(&self, node: NodeId) -> bool {
        self.nodes[node].emptied
    }

    /// Whether there is a value further on.
    pub(super) fn has_values_below(&self, node: NodeId) -> bool {
        self.nodes[node].below > 0
    }

    /// All nodes that hold a value.
    pub(super) fn holders(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.holders.iter().copied()
    }

    /// The nearest node before this one that holds a value.
    pub(super) fn holder_before(&self, node: NodeId) -> Option<NodeId> {
        let before = |node: &NodeId| self.nodes[*node].parent;
        std::iter::successors(before(&node), before).find(|node| self.nodes[*node].value.is_some())
    }

    /// Follows `text` from a root.
    pub(super) fn walk(&self, root: NodeId, text: &[u32]) -> Walk {
        let (mut nodes, mut matched) = (vec![root], 0);
        let mut at = root;
        loop {
            let rest = &text[matched..];
            let Some(first) = rest.first() else { return Walk { nodes, matched, parting: Parting::TextEnds } };
            let Some(child) = self.child(at, *first) else {
                let parting = if self.nodes[at].children.is_empty() { Parting::TreeEnds } else { Parting::AtNode };
                return Walk { nodes, matched, parting };
            };
            let run = &self.nodes[child].run;
            let same = run.iter().zip(rest).take_while(|(a, b)| a == b).count();
            matched += same;
            if same < run.len() {
                let parting = if same == rest.len() { Parting::TextEnds } else { Parting::InRun };
                return Walk { nodes, matched, parting };
            }
            nodes.push(child);
            at = child;
        }
    }

    /// Records that a walk came through at `time`.
    pub(super) fn touch(&mut self, nodes: &[NodeId], time: u64) {
        nodes.iter().for_each(|node| self.nodes[*node].used = time);
    }

    /// The node at the end of `text`, made if it is not there; a run that goes on behind it is split.
    pub(super) fn insert(&mut self, root: NodeId, text: &[u32], time: u64) -> NodeId {
        let walk = self.walk(root, text);
        self.touch(&walk.nodes, time);
        let mut at = *walk.nodes.last().expect("a walk begins at a root");
        let reached = self.nodes[at].end;
        if walk.matched > reached {
            let child = self.child(at, text[reached]).expect("the walk went into this run");
            at = self.split(child, walk.matched - reached, time);
        }
        if walk.matched < text.len() {
            at = self.node(Some(at), text[walk.matched..].to_vec(), text.len(), time);
        }
        at
    }

    /// Puts a value and returns the one before.
    pub(super) fn put(&mut self, node: NodeId, value: T) -> Option<T> {
        let before = self.nodes[node].value.replace(value);
        self.nodes[node].emptied = false;
        self.holders.insert(node);
        if before.is_none() {
            self.above(node, |below| below + 1);
        }
        before
    }

    /// Takes the value away; the tokens stay.
    pub(super) fn take(&mut self, node: NodeId) -> Option<T> {
        let value = self.nodes[node].value.take()?;
        self.nodes[node].emptied = true;
        self.holders.remove(&node);
        self.above(node, |below| below - 1);
        Some(value)
    }

    /// Removes a root and everything under it, handing each value to `gone`.
    pub(super) fn remove_tree(&mut self, root: NodeId, gone: &mut dyn FnMut(T)) {
        let mut left = vec![root];
        while let Some(node) = left.pop() {
            left.append(&mut self.nodes[node].children);
            if let Some(value) = self.nodes[node].value.take() {
                self.holders.remove(&node);
                gone(value);
            }
            self.release(node);
        }
    }

    /// Removes runs that lead to no value, those that were not walked for longest first, when there are more than `most` tokens:
    /// an eighth less, so that this is not to be done again at once.
    pub(super) fn prune(&mut self, most: usize) {
        if self.tokens <= most {
            return;
        }
        let most = most - most / 8;
        while self.tokens > most {
            let is_bare = |node: &Node<T>| node.parent.is_some() && node.children.is_empty() && node.value.is_none();
            let mut bare: Vec<NodeId> = (0..self.nodes.len()).filter(|node| is_bare(&self.nodes[*node])).collect();
            if bare.is_empty() {
                return;
            }
            bare.sort_by_key(|node| self.nodes[*node].used);
            for node in bare {
                if self.tokens <= most {
                    return;
                }
                let parent = self.nodes[node].parent.expect("roots are not bare");
                self.nodes[parent].children.retain(|child| *child != node);
                self.release(node);
            }
        }
    }

    /// The tokens from the root to the end of a node.
    #[cfg(test)]
    pub(super) fn text(&self, node: NodeId) -> Vec<u32> {
        let mut path: Vec<NodeId> = std::iter::successors(Some(node), |node| self.nodes[*node].parent).collect();
        path.reverse();
        path.into_iter().flat_map(|node| self.nodes[node].run.clone()).collect()
    }

    /// The root above a node.
    #[cfg(test)]
    pub(super) fn root_of(&self, node: NodeId) -> NodeId {
        std::iter::successors(Some(node), |node| self.nodes[*node].parent).last().unwrap_or(node)
    }

    fn child(&self, node: NodeId, first: u32) -> Option<NodeId> {
        self.nodes[node].children.iter().copied().find(|child| self.nodes[*child].run[0] == first)
    }

    /// Cuts the run of `node` after `length` tokens and returns the new node before the cut.
    fn split(&mut self, node: NodeId, length: usize, time: u64) -> NodeId {
        let rest = self.nodes[node].run.split_off(length);
        let run = std::mem::replace(&mut self.nodes[node].run, rest);
        self.tokens -= run.len();
        let parent = self.nodes[node].parent.expect("a root has no run to split");
        self.nodes[parent].children.retain(|child| *child != node);
        let end = self.nodes[node].end - self.nodes[node].run.len();
        let front = self.node(Some(parent), run, end, time);
        self.nodes[front].below = self.nodes[node].below + usize::from(self.nodes[node].value.is_some());
        self.nodes[front].children.push(node);
        self.nodes[node].parent = Some(front);
        front
    }

    fn node(&mut self, parent: Option<NodeId>, run: Vec<u32>, end: usize, used: u64) -> NodeId {
        self.tokens += run.len();
        let node = Node { parent, children: Vec::new(), run, end, below: 0, used, value: None, emptied: false };
        let id = match self.free.pop() {
            Some(id) => {
                self.nodes[id] = node;
                id
            }
            None => {
                self.nodes.push(node);
                self.nodes.len() - 1
            }
        };
        if let Some(parent) = parent {
            self.nodes[parent].children.push(id);
        }
        id
    }

    /// Gives a node's place to another. Its parent must not know it any more, its value and children be gone.
    fn release(&mut self, node: NodeId) {
        let place = &mut self.nodes[node];
        self.tokens -= place.run.len();
        place.run = Vec::new();
        place.parent = None;
        self.free.push(node);
    }

    /// Changes the count of values below in everything above `node`.
    fn above(&mut self, node: NodeId, change: impl Fn(usize) -> usize) {
        let mut at = self.nodes[node].parent;
        while let Some(node) = at {
            self.nodes[node].below = change(self.nodes[node].below);
            at = self.nodes[node].parent;
        }
    }
}
