package wire

import (
	"github.com/kvitt/kvitt/ports"
	pb "github.com/kvitt/kvitt/sdk/connectorpb"
)

func toSubscribeRequest(m *mapping, r ports.SubscribeRequest) *pb.EnsureSubscriptionRequest {
	return &pb.EnsureSubscriptionRequest{
		Call: toCall(m, r.Call), Attempt: m.toInt32("attempt", r.Attempt), Url: r.URL, Known: r.Known,
		Subjects: each(m, "subjects", r.Subjects, func(m *mapping, s ports.Subject) pb.Subject { return toEnum(m, "subject", subjects(), s) }),
	}
}

func fromSubscribeRequest(m *mapping, in *pb.EnsureSubscriptionRequest) ports.SubscribeRequest {
	return ports.SubscribeRequest{
		Call: fromCall(m, in.GetCall()), Attempt: int(in.GetAttempt()), URL: in.GetUrl(), Known: in.GetKnown(),
		Subjects: each(m, "subjects", in.GetSubjects(), func(m *mapping, s pb.Subject) ports.Subject { return fromEnum(m, "subject", subjects(), s) }),
	}
}

func toSubscription(m *mapping, s ports.Subscription) *pb.EnsureSubscriptionResponse {
	return &pb.EnsureSubscriptionResponse{Id: s.ID, Granted: s.Granted, Outcome: toOutcome(m, s.Outcome), Usage: toUsage(m, s.Usage)}
}

func fromSubscription(m *mapping, in *pb.EnsureSubscriptionResponse) ports.Subscription {
	return ports.Subscription{ID: in.GetId(), Granted: in.GetGranted(), Outcome: fromOutcome(m, in.GetOutcome()), Usage: fromUsage(m, in.GetUsage())}
}

func toSubscriptionRequest(m *mapping, r ports.SubscriptionRequest) *pb.CheckSubscriptionRequest {
	return &pb.CheckSubscriptionRequest{Call: toCall(m, r.Call), Url: r.URL}
}

func fromSubscriptionRequest(m *mapping, in *pb.CheckSubscriptionRequest) ports.SubscriptionRequest {
	return ports.SubscriptionRequest{Call: fromCall(m, in.GetCall()), URL: in.GetUrl()}
}

func toSubscriptionState(m *mapping, s ports.SubscriptionState) *pb.CheckSubscriptionResponse {
	return &pb.CheckSubscriptionResponse{Ids: s.IDs, Active: s.Active, Detail: s.Detail, Usage: toUsage(m, s.Usage)}
}

func fromSubscriptionState(m *mapping, in *pb.CheckSubscriptionResponse) ports.SubscriptionState {
	return ports.SubscriptionState{IDs: in.GetIds(), Active: in.GetActive(), Detail: in.GetDetail(), Usage: fromUsage(m, in.GetUsage())}
}

func toUnsubscribeRequest(m *mapping, r ports.UnsubscribeRequest) *pb.EnsureUnsubscribedRequest {
	return &pb.EnsureUnsubscribedRequest{Call: toCall(m, r.Call), Attempt: m.toInt32("attempt", r.Attempt), Url: r.URL, Id: r.ID}
}

func fromUnsubscribeRequest(m *mapping, in *pb.EnsureUnsubscribedRequest) ports.UnsubscribeRequest {
	return ports.UnsubscribeRequest{Call: fromCall(m, in.GetCall()), Attempt: int(in.GetAttempt()), URL: in.GetUrl(), ID: in.GetId()}
}

func toUnsubscribed(m *mapping, u ports.Unsubscribed) *pb.EnsureUnsubscribedResponse {
	return &pb.EnsureUnsubscribedResponse{Usage: toUsage(m, u.Usage)}
}

func fromUnsubscribed(m *mapping, in *pb.EnsureUnsubscribedResponse) ports.Unsubscribed {
	return ports.Unsubscribed{Usage: fromUsage(m, in.GetUsage())}
}
