package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/kvitt/kvitt/ports"
)

type cursors struct{ *tx }

func (s cursors) Get(ctx context.Context, connectionID, stream string) (string, error) {
	value, err := one(ctx, s.tx, scalar[string],
		"SELECT value FROM stream_cursor WHERE connection = ? AND stream = ?", connectionID, stream)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return value, err
}

func (s cursors) Set(ctx context.Context, connectionID, stream, value string) error {
	_, err := s.exec(ctx, `INSERT INTO stream_cursor (connection, stream, value) VALUES (?, ?, ?)
		ON CONFLICT (connection, stream) DO UPDATE SET value = excluded.value`, connectionID, stream, value)
	return named(err, "cursor")
}

type lanes struct{ *tx }

func (s lanes) Take(ctx context.Context, key, owner string) (ports.Lane, error) {
	if !s.writable {
		return ports.Lane{}, errReadOnly()
	}
	read := func(row scanner) (l ports.Lane, err error) {
		err = row.Scan(&l.Epoch, &l.Clean)
		return l, err
	}
	lane, err := one(ctx, s.tx, read, "SELECT epoch, clean FROM lane WHERE key = ?", key)
	if errors.Is(err, sql.ErrNoRows) {
		lane, err = ports.Lane{Clean: true}, nil
	}
	if err != nil {
		return ports.Lane{}, err
	}
	lane.Key, lane.Owner, lane.Epoch = key, owner, lane.Epoch+1
	_, err = s.exec(ctx, `INSERT INTO lane (key, owner, epoch, clean) VALUES (?, ?, ?, 0)
		ON CONFLICT (key) DO UPDATE SET owner = excluded.owner, epoch = excluded.epoch, clean = 0`, lane.Key, lane.Owner, lane.Epoch)
	return lane, err
}

func (s lanes) Leave(ctx context.Context, lane ports.Lane) error {
	_, err := s.exec(ctx, "UPDATE lane SET clean = 1 WHERE key = ? AND owner = ? AND epoch = ?", lane.Key, lane.Owner, lane.Epoch)
	return err
}
