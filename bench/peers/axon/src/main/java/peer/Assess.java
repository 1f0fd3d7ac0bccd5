package peer;

import java.util.Map;
import org.axonframework.modelling.command.TargetAggregateIdentifier;

/** The command: what was assessed, as the caller told it, unchecked. */
public record Assess(
        @TargetAggregateIdentifier String episode, Map<String, Object> assessment, String envelope) {}
