package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/kvitt/kvitt/core/money"
)

// identity is all by which a row can be told from others: Klarna gives rows no id.
// References that a merchant may change later are not in it.
type identity struct {
	payout, kind, detailed string
	order, capture, refund string
	occurred               time.Time
	amount, vat            money.Amount
}

// digest is a hash of an identity.
type digest [sha256.Size]byte

// digest does not depend on how Klarna spells dates or signs amounts.
func (i identity) digest() digest {
	var text []byte
	for _, part := range []string{
		i.payout, i.kind, i.detailed, i.order, i.capture, i.refund,
		i.occurred.UTC().Format(time.RFC3339Nano),
		strconv.FormatInt(i.amount.Minor(), 10), strconv.FormatInt(i.vat.Minor(), 10),
	} {
		text = binary.AppendUvarint(text, uint64(len(part)))
		text = append(text, part...)
	}
	return sha256.Sum256(text)
}

// key names a line. Of rows that are equal in all of an identity the first has
// ordinal 1; which of them that is makes no difference.
func (d digest) key(ordinal int) string {
	key := hex.EncodeToString(d[:16])
	if ordinal > 1 {
		key += "-" + strconv.Itoa(ordinal)
	}
	return key
}
