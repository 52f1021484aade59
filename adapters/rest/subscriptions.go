package rest

import (
	"context"

	"github.com/kvitt/kvitt/adapters/rest/api"
	"github.com/kvitt/kvitt/ports"
)

func (s *server) GetSubscription(ctx context.Context, r api.GetSubscriptionRequestObject) (api.GetSubscriptionResponseObject, error) {
	record, err := s.Subscriptions.Get(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return api.GetSubscription200JSONResponse(subscriptionAnswer(record)), nil
}

func (s *server) Subscribe(ctx context.Context, r api.SubscribeRequestObject) (api.SubscribeResponseObject, error) {
	record, err := s.Subscriptions.Want(ctx, r.ID, by(ctx))
	if err != nil {
		return nil, err
	}
	return api.Subscribe202JSONResponse(subscriptionAnswer(record)), nil
}

func (s *server) Unsubscribe(ctx context.Context, r api.UnsubscribeRequestObject) (api.UnsubscribeResponseObject, error) {
	record, err := s.Subscriptions.Leave(ctx, r.ID, by(ctx))
	if err != nil {
		return nil, err
	}
	return api.Unsubscribe202JSONResponse(subscriptionAnswer(record)), nil
}

func subscriptionAnswer(r ports.SubscriptionRecord) api.Subscription {
	answer := api.Subscription{
		ConnectionID: r.ConnectionID, State: api.SubscriptionState(r.Phase), ProviderID: r.ID, Subjects: []string{},
		RegisteredAt: moment(r.RegisteredAt), Fault: faultAnswer(r.Fault), CreatedAt: r.CreatedAt,
	}
	for _, subject := range r.Subjects {
		answer.Subjects = append(answer.Subjects, string(subject))
	}
	return answer
}
