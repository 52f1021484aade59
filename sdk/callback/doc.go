// Package callback checks that what arrives from a remote system was signed by it.
//
// Providers agree on HMAC-SHA256 and on little else: what is signed, how the hash
// is written, in which header it stands and whether a moment is signed with it. A
// Signature says all that; Stripe, Standard and Body make the usual ones. Where the
// hash stands in the message itself, Match compares it.
//
// Secrets are rotated: a message is genuine if any of the secrets has signed it.
// All comparing takes the same time wherever a difference lies. A genuine message
// may still be an old one that somebody sends again: its id is what to remember.
package callback
