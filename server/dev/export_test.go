package dev

import pb "github.com/kvitt/kvitt/sdk/connectorpb"

// ReadLinesRequest reads the request of ListPayoutLines.
func ReadLinesRequest(text string) error { return readRequest(text, &pb.ListPayoutLinesRequest{}) }
