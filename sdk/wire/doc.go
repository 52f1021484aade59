// Package wire carries the interfaces of package ports over gRPC.
//
// Register offers a connector's capabilities as services of the proto package
// kvitt.connector.v1; Client is the other end and implements every interface of
// a connector. One mapping between Go values and messages serves both ends and
// loses nothing. Faults cross with code, class, source, field, reason, remedy
// and wait; the cost of a call crosses with its answer or its error.
package wire
