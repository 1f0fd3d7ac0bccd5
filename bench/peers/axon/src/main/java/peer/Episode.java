package peer;

import static org.axonframework.modelling.command.AggregateLifecycle.apply;

import org.axonframework.commandhandling.CommandHandler;
import org.axonframework.eventsourcing.EventSourcingHandler;
import org.axonframework.modelling.command.AggregateCreationPolicy;
import org.axonframework.modelling.command.AggregateIdentifier;
import org.axonframework.modelling.command.CreationPolicy;
import org.axonframework.spring.stereotype.Aggregate;

/** Counts its assessments, and decides nothing else. */
@Aggregate(cache = "episodes")
public class Episode {

    @AggregateIdentifier
    private String id;

    private long assessments;

    @CommandHandler
    @CreationPolicy(AggregateCreationPolicy.CREATE_IF_MISSING)
    public long assess(Assess command) {
        apply(new Assessed(command.episode(), command.assessment(), command.envelope()));
        return assessments;
    }

    @EventSourcingHandler
    void on(Assessed event) {
        id = event.episode();
        assessments++;
    }
}
