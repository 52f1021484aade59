package ports

import "context"

type workKey struct{}

// WithWork says what the calls under ctx are made for: the key of a step, the id of a
// payout, of an order at a provider or of a message, or what a job is about. Support finds
// by it whose work a failed call was.
func WithWork(ctx context.Context, subject string) context.Context {
	return context.WithValue(ctx, workKey{}, subject)
}

// WorkOf gives what the calls under ctx are made for, or "" if nobody has said.
func WorkOf(ctx context.Context) string {
	subject, _ := ctx.Value(workKey{}).(string)
	return subject
}
