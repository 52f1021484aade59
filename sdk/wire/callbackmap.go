package wire

import (
	"github.com/kvitt/kvitt/ports"
	pb "github.com/kvitt/kvitt/sdk/connectorpb"
)

func toCallbacks(m *mapping, c *ports.Callbacks) *pb.Callbacks {
	if c == nil {
		return nil
	}
	return &pb.Callbacks{Methods: c.Methods, Status: m.toInt32("callbacks.status", c.Status), MediaType: c.MediaType, Body: c.Body, Granted: c.Granted}
}

func fromCallbacks(in *pb.Callbacks) *ports.Callbacks {
	if in == nil {
		return nil
	}
	return &ports.Callbacks{Methods: in.GetMethods(), Status: int(in.GetStatus()), MediaType: in.GetMediaType(), Body: in.GetBody(), Granted: in.GetGranted()}
}

func toCallbackRequest(m *mapping, r ports.CallbackRequest) *pb.ReadCallbackRequest {
	out := &pb.ReadCallbackRequest{
		Call: toCall(m, r.Call), Method: r.Method, Query: r.Query, Body: r.Body, ReceivedAt: m.toTime(r.ReceivedAt),
	}
	if len(r.Headers) > 0 {
		out.Headers = make(map[string]*pb.HeaderValues, len(r.Headers))
		for name, values := range r.Headers {
			out.Headers[name] = &pb.HeaderValues{Values: values}
		}
	}
	return out
}

func fromCallbackRequest(m *mapping, in *pb.ReadCallbackRequest) ports.CallbackRequest {
	r := ports.CallbackRequest{
		Call: fromCall(m, in.GetCall()), Method: in.GetMethod(), Query: in.GetQuery(), Body: in.GetBody(),
		ReceivedAt: m.fromTime("received_at", in.GetReceivedAt()),
	}
	if len(in.GetHeaders()) > 0 {
		r.Headers = make(map[string][]string, len(in.GetHeaders()))
		for name, values := range in.GetHeaders() {
			r.Headers[name] = values.GetValues()
		}
	}
	return r
}

func subjects() map[ports.Subject]pb.Subject {
	return map[ports.Subject]pb.Subject{
		ports.AboutOrder:   pb.Subject_SUBJECT_ORDER,
		ports.AboutPayout:  pb.Subject_SUBJECT_PAYOUT,
		ports.AboutRefund:  pb.Subject_SUBJECT_REFUND,
		ports.AboutDispute: pb.Subject_SUBJECT_DISPUTE,
		ports.AboutAccount: pb.Subject_SUBJECT_ACCOUNT,
	}
}

func toCallbackReading(m *mapping, r ports.CallbackReading) *pb.ReadCallbackResponse {
	return &pb.ReadCallbackResponse{Notices: each(m, "notices", r.Notices, toNotice)}
}

func fromCallbackReading(m *mapping, in *pb.ReadCallbackResponse) ports.CallbackReading {
	return ports.CallbackReading{Notices: each(m, "notices", in.GetNotices(), fromNotice)}
}

func toNotice(m *mapping, n ports.Notice) *pb.Notice {
	return &pb.Notice{
		Subject: toEnum(m, "subject", subjects(), n.Subject), Id: n.ID, Order: n.Order, Event: n.Event, OccurredAt: m.toTime(n.OccurredAt),
	}
}

func fromNotice(m *mapping, in *pb.Notice) ports.Notice {
	return ports.Notice{
		Subject: fromEnum(m, "subject", subjects(), in.GetSubject()), ID: in.GetId(), Order: in.GetOrder(), Event: in.GetEvent(),
		OccurredAt: m.fromTime("occurred_at", in.GetOccurredAt()),
	}
}
