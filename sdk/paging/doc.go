// Package paging reads the lists of remote systems so that nothing in them is
// skipped, and carries the place where a reading goes on between two calls of the
// hub.
//
// Lists differ in what they promise. Choose by that:
//
//   - A list counted from its start that changes while it is read, with items that
//     keep their order: Position and Advance, or All for a list that one call of
//     the hub reads to its end. Pages overlap, and the overlap shows what moved.
//   - A list counted from its start that must not change at all, such as the rows
//     of a payout: Progress holds each page against what the source announced.
//   - A list whose pages name the next one: Chain, with NextLink where the name
//     stands in a header.
//
// Marks remember in little room what earlier pages have shown. A Codec makes
// cursors of all of these.
package paging
