package sqlite

import (
	"context"
	"strconv"

	"github.com/kvitt/kvitt/ports"
)

func (s steps) ByNumber(ctx context.Context, merchantID, number string, page ports.Page) ([]ports.Step, error) {
	if err := limitOf(page.Limit, maxPage); err != nil {
		return nil, err
	}
	var after int64
	if page.After != "" {
		var err error
		if after, err = strconv.ParseInt(page.After, 10, 64); err != nil {
			return nil, errNotFound("there is no such step")
		}
	}
	if number == "" {
		return nil, nil
	}
	return all(ctx, s.tx, readStep, stepSelect+`JOIN flow f ON f.id = coalesce(s.flow, p.flow)
		WHERE s.id IN (SELECT id FROM step WHERE number = ?1 AND number <> '' UNION SELECT id FROM step WHERE document = ?1 AND document <> '')
			AND f.merchant = ?2 AND s.id > ?3 ORDER BY s.id LIMIT ?4`, number, merchantID, after, page.Limit)
}
