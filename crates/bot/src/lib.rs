//! Questions where teams already talk: a chat platform's events in, answers out, behind one small trait.
