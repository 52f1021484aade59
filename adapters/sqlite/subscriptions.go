package sqlite

import (
	"context"

	"github.com/kvitt/kvitt/ports"
)

type subscriptions struct{ *tx }

func (s subscriptions) Save(ctx context.Context, r ports.SubscriptionRecord) error {
	connection, err := s.connection(ctx, r.ConnectionID)
	if err != nil {
		return err
	}
	subjects, err := encoded(&r.Subjects)
	if err != nil {
		return err
	}
	fault, err := encoded(r.Fault)
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, `INSERT INTO subscription
		(connection, wanted, phase, id, subjects, sealed, attempt, failures, fault, registered_at, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (connection) DO UPDATE SET wanted = excluded.wanted, phase = excluded.phase, id = excluded.id, subjects = excluded.subjects,
			sealed = excluded.sealed, attempt = excluded.attempt, failures = excluded.failures, fault = excluded.fault,
			registered_at = excluded.registered_at, updated_at = excluded.updated_at`,
		connection, r.Wanted, r.Phase, r.ID, subjects, r.Sealed, r.Attempt, r.Failures, fault, micros(r.RegisteredAt), micros(r.CreatedAt), micros(r.UpdatedAt))
	return named(err, "subscription")
}

func (s subscriptions) Get(ctx context.Context, connectionID string) (ports.SubscriptionRecord, error) {
	read := func(row scanner) (r ports.SubscriptionRecord, err error) {
		var subjects *[]ports.Subject
		err = row.Scan(&r.ConnectionID, &r.MerchantID, &r.Wanted, &r.Phase, &r.ID, decoded(&subjects), &r.Sealed, &r.Attempt, &r.Failures,
			decoded(&r.Fault), moment(&r.RegisteredAt), moment(&r.CreatedAt), moment(&r.UpdatedAt))
		if subjects != nil {
			r.Subjects = *subjects
		}
		return r, err
	}
	r, err := one(ctx, s.tx, read, `SELECT c.id, c.merchant, s.wanted, s.phase, s.id, s.subjects, s.sealed, s.attempt, s.failures,
			s.fault, s.registered_at, s.created_at, s.updated_at
		FROM subscription s JOIN connection c ON c.num = s.connection WHERE c.id = ?`, connectionID)
	return r, named(err, "subscription")
}

func (s subscriptions) Delete(ctx context.Context, connectionID string) error {
	_, err := s.exec(ctx, "DELETE FROM subscription WHERE connection = (SELECT num FROM connection WHERE id = ?)", connectionID)
	return err
}
