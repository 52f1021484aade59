package sqlite

import (
	"context"

	"github.com/kvitt/kvitt/ports"
)

// Near walks the documents of the days: those of one amount are too few to be
// worth an index by amount, which every new document would have to pay for.
func (s documents) Near(ctx context.Context, connectionID string, query ports.NearQuery, limit int) ([]ports.DocumentRecord, error) {
	if err := limitOf(limit, ports.MaxBatch); err != nil {
		return nil, err
	}
	conn, err := s.connection(ctx, connectionID)
	if err != nil {
		return nil, err
	}
	if len(query.Balances) == 0 {
		return nil, nil
	}
	balances := make([]int64, len(query.Balances))
	for i, b := range query.Balances {
		balances[i] = b.Minor()
	}
	return all(ctx, s.tx, readDocumentRecord, documentSelect+`FROM document d INDEXED BY document_of_day JOIN word w ON w.id = d.names
		WHERE d.connection = ? AND d.date BETWEEN ? AND ? AND d.currency = ? AND d.balance IN (SELECT value FROM json_each(?)) ORDER BY d.number LIMIT ?`,
		conn, query.From.String(), query.To.String(), query.Balances[0].Currency(), jsonNumbers(balances), limit)
}
