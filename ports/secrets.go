package ports

import "context"

// Secrets seals credentials at rest. Owner binds a sealed text to its owner (a
// connection's id): text sealed for one cannot be opened for another.
type Secrets interface {
	Seal(ctx context.Context, owner string, plain []byte) ([]byte, error)
	Open(ctx context.Context, owner string, sealed []byte) ([]byte, error)
}
