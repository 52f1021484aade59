package ports

import "context"

type workKey struct{}

// WithWork says what the calls under ctx are made for: the id of a payout, a step, an
// order at a provider, a message. Support finds by it whose work a failed call was.
func WithWork(ctx context.Context, subject string) context.Context {
	return context.WithValue(ctx, workKey{}, subject)
}

// WorkOf gives what the calls under ctx are made for, or "" if nobody has said.
func WorkOf(ctx context.Context) string {
	subject, _ := ctx.Value(workKey{}).(string)
	return subject
}
